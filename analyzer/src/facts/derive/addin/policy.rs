//! What an administrator decided about an add-in: the list of managed add-ins and the block on all others, which each
//! person's registry holds (Microsoft Learn, "Support for keeping add-ins enabled" and "No Add-ins loaded due to group
//! policy settings"; Office 2013 and later). Owns these keys; whose add-in it is, is the caller's business.

use koff_bundle::acquisition::State;

use crate::{
    evidence::Evidence,
    facts::{
        context::Context,
        raw::{Answer, Seen, registry::Scope},
    },
    verdict::Unknown,
};

/// Where policies stand: the cloud's win over those of the domain.
const ROOTS: [&str; 2] = [r"Software\Policies\Microsoft\Cloud\Office", r"Software\Policies\Microsoft\Office"];

/// Versions of Office that know these policies.
const VERSIONS: [(&str, u64); 2] = [("16.0", 16), ("15.0", 15)];

/// What a person's policies say of one add-in.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Policy {
    /// In words.
    pub(super) word: &'static str,
    /// Outlook does not load it, whatever `LoadBehavior` says.
    pub(super) blocks: bool,
    /// Whose policy.
    pub(super) user: String,
    /// Where it stands.
    pub(super) at: Evidence,
}

/// The policy that counts for the add-in registered in `scope`: of a machine-wide one that of the first person for whom
/// it is blocked, else of the first who has any.
pub(super) fn of(cx: &Context<'_>, scope: &Scope, prog_id: &str) -> Answer<Policy> {
    let people = cx.users.users.iter().map(|user| user.id.as_str());
    let concerned = people.filter(|id| match scope {
        Scope::User(own) => own == id,
        Scope::Machine => true,
    });
    let (mut found, mut unread): (Option<Policy>, Option<Unknown>) = (None, None);
    for id in concerned {
        match of_person(cx, id, prog_id) {
            Ok(Some(policy)) if policy.blocks => return Ok(Some(policy)),
            Ok(policy) => found = found.or(policy),
            Err(why) => unread = unread.or(Some(why)),
        }
    }
    unread.map_or(Ok(found), Err)
}

fn of_person(cx: &Context<'_>, id: &str, prog_id: &str) -> Answer<Policy> {
    let scope = Scope::User(id.to_owned());
    let majors = cx.offices.majors();
    let (mut listed, mut restricted) = (None, None);
    for (version, major) in VERSIONS {
        if majors.as_ref().is_some_and(|majors| !majors.contains(&major)) {
            continue;
        }
        for root in ROOTS {
            let resiliency = format!(r"{root}\{version}\Outlook\Resiliency");
            if listed.is_none() {
                listed = there(entry(cx, &scope, &format!(r"{resiliency}\AddinList"), prog_id))?;
            }
            if restricted.is_none() {
                restricted = there(cx.registry.number(&scope, &resiliency, "RestrictToList"))?;
            }
        }
    }
    let policy = |word: &'static str, blocks: bool, at: Evidence| Policy { word, blocks, user: id.to_owned(), at };
    let managed = listed.and_then(|seen| {
        let (word, blocks) = match seen.value.trim() {
            "0" => ("always disabled", true),
            "1" => ("always enabled", false),
            "2" => ("left to the user", false),
            _ => return None,
        };
        Some(policy(word, blocks, seen.at))
    });
    let others = restricted.filter(|seen| seen.value == 1).map(|seen| {
        let word = "not on the list of managed add-ins, and all others are blocked";
        policy(word, true, seen.at)
    });
    Ok(managed.or(others))
}

/// The list's word about `prog_id`: a text as the policy editor writes it, or a number as scripts do.
fn entry(cx: &Context<'_>, scope: &Scope, list: &str, prog_id: &str) -> Answer<Seen<String>> {
    let Some(key) = cx.registry.key(scope, list)? else { return Ok(None) };
    if let Ok(Some(seen)) = key.number(prog_id) {
        return Ok(Some(Seen { value: seen.value.to_string(), at: seen.at }));
    }
    key.text(prog_id)
}

/// Evidence gathered by hand, or by an older collector, rarely has policies: those that nobody looked for count as none.
/// Those that somebody left out of a bundle do not.
fn there<T>(answer: Answer<T>) -> Answer<T> {
    match answer {
        Err(why) if why.state == State::NotCollected => Ok(None),
        answer => answer,
    }
}

#[cfg(test)]
mod tests {
    use koff_bundle::{acquisition::State, manifest::HostKind};

    use crate::facts::{
        Datum,
        raw::bench::{Bench, states},
    };

    const ADDINS: &str = r"SOFTWARE\Microsoft\Office\Outlook\Addins";

    /// A PC with one add-in for everybody, and the policies of one person.
    fn pc(policies: &str) -> Bench {
        let root = format!(r"HKEY_LOCAL_MACHINE\{ADDINS}");
        let addin = format!("[{root}\\Sample.Connect]\r\n\"LoadBehavior\"=dword:00000003\r\n");
        let office = r"HKEY_CURRENT_USER\Software\Policies\Microsoft\Office";
        let cloud = r"HKEY_CURRENT_USER\Software\Policies\Microsoft\Cloud\Office";
        let of = |root: &str| -> String {
            let blocks = policies.split("\n\n").filter(|block| block.starts_with(&format!("[{root}\\")));
            blocks.map(|block| format!("{}\r\n", block.replace('\n', "\r\n"))).collect()
        };
        Bench::new(HostKind::Disk).tree(None, &root, &addin).tree(Some("user-1"), office, &of(office)).tree(
            Some("user-1"),
            cloud,
            &of(cloud),
        )
    }

    fn said(policies: &str) -> (Datum, Datum, Datum) {
        let record = pc(policies).one("addin");
        let field = |name: &str| record.get(name).clone();
        (field("policy"), field("blocked_by_policy"), field("policy_user"))
    }

    const KEY: &str = r"HKEY_CURRENT_USER\Software\Policies\Microsoft\Office\16.0\Outlook\Resiliency";
    const CLOUD: &str = r"HKEY_CURRENT_USER\Software\Policies\Microsoft\Cloud\Office\16.0\Outlook\Resiliency";

    #[test]
    fn a_list_says_what_becomes_of_an_add_in_as_text_or_number() {
        for (value, word, blocks) in [
            ("\"0\"", "always disabled", true),
            ("dword:00000000", "always disabled", true),
            ("\"1\"", "always enabled", false),
            ("\"2\"", "left to the user", false),
        ] {
            let list = format!("[{KEY}\\AddinList]\n\"sample.connect\"={value}");
            assert_eq!(said(&list), (word.into(), blocks.into(), "user-1".into()), "{value}");
        }
    }

    #[test]
    fn the_block_on_all_others_spares_what_the_list_allows() {
        let block = format!("[{KEY}]\n\"RestrictToList\"=dword:00000001");
        let others: Datum = "not on the list of managed add-ins, and all others are blocked".into();
        assert_eq!(said(&block), (others, true.into(), "user-1".into()));
        let list = format!("[{KEY}\\AddinList]\n\"Sample.Connect\"=\"2\"");
        assert_eq!(said(&format!("{block}\n\n{list}")).1, false.into());
        let off = format!("[{KEY}]\n\"RestrictToList\"=dword:00000000");
        assert_eq!(said(&off), (Datum::Absent, false.into(), Datum::Absent));
        // Somebody else's entry.
        let other = format!("[{KEY}\\AddinList]\n\"Other.Connect\"=\"0\"");
        assert_eq!(said(&other).1, false.into());
    }

    #[test]
    fn the_cloud_wins_over_the_domain() {
        let list = |root: &str, value: &str| format!("[{root}\\AddinList]\n\"Sample.Connect\"=\"{value}\"");
        assert_eq!(said(&format!("{}\n\n{}", list(CLOUD, "1"), list(KEY, "0"))).0, "always enabled".into());
    }

    #[test]
    fn policies_that_could_not_be_read_leave_it_open() {
        let root = format!(r"HKEY_LOCAL_MACHINE\{ADDINS}");
        let addin = format!("[{root}\\Sample.Connect]\r\n\"LoadBehavior\"=dword:00000003\r\n");
        let (denied, withheld) = (State::Denied, State::Withheld);
        let office = r"HKEY_CURRENT_USER\Software\Policies\Microsoft\Office";
        let person = r"HKEY_CURRENT_USER\Software\Kerio";
        let bench = Bench::new(HostKind::Disk).tree(None, &root, &addin);
        let bench = bench.tree(Some("user-1"), person, &format!("[{person}]\r\n"));
        let open = bench.no_tree(Some("user-1"), office, denied).one("addin");
        assert_eq!(states(open.get("blocked_by_policy")), [denied]);
        // Nobody looked for them, and somebody kept them back.
        let person = format!("[{person}]\r\n");
        let bench = || {
            let bench = Bench::new(HostKind::Disk).tree(None, &root, &addin);
            bench.tree(Some("user-1"), r"HKEY_CURRENT_USER\Software\Kerio", &person)
        };
        assert_eq!(bench().one("addin").get("blocked_by_policy"), &false.into());
        let kept = bench().no_tree(Some("user-1"), office, withheld).one("addin");
        assert_eq!(states(kept.get("blocked_by_policy")), [withheld]);
    }
}
