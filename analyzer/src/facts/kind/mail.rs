//! Kinds about MAPI, users and Outlook profiles.

super::kinds! {
    /// One installed Outlook and the MAPISVC.INF that it reads.
    REGISTRATION = "registration" {
        outlook_bitness: Text = "x86 or x64.",
        office_kind: Text = "click_to_run or msi.",
        inf: Path = "The MAPISVC.INF that this Outlook reads.",
        registered: Bool = "It has the connector's service and providers.",
        registered_elsewhere: Bool = "Another Office's MAPISVC.INF has them.",
        elsewhere: Path = "That file.",
        connector_expected: Bool = "The connector is installed or a profile uses it.",
        updated_after_install: Bool = "Office or Windows was updated after the connector was installed.",
        update: Text = "What was updated.",
        updated_at: Time = "When.",
        installed_at: Time = "When the connector was installed.",
    }
    /// The MAPI stub's routing: exactly one record.
    MAPI_STUB = "mapi-stub" {
        broken: Bool = "MAPI values of Clients\\Mail\\Microsoft Outlook are missing or point to a missing file. A Click-to-Run DLLPath that does not exist is healthy while DLLPathEx does [M7].",
        why: Text = "What is wrong.",
        dll_path: Text = "DLLPath as stored.",
        dll_path_ex: Text = "DLLPathEx as stored.",
    }
    /// The default mail program of a user, or of the machine where the user has none.
    MAIL_CLIENT = "mail-client" {
        user: Text = "User id.",
        name: Text = "Default value of Clients\\Mail.",
        is_outlook: Bool = "It is Microsoft Outlook.",
    }
    /// One user of the bundle.
    USER = "user" {
        id: Text = "Id inside the bundle.",
        name: Text = "Account name.",
        sid: Text = "Security identifier.",
        current: Bool = "The collector ran as this user.",
        trace_of_connector: Bool = "Anything of the connector belongs to the user.",
        hive_read: Bool = "The user's registry could be read.",
        wrong_hive: Bool = "The registry read is another user's than the one whose data folder is there.",
        profiles: Number = "Outlook profiles.",
        connector_profiles: Number = "Profiles with the connector's service.",
        used_by_other: Bool = "A profile of somebody else on this PC has the connector's service.",
        default_profile: Text = "DefaultProfile.",
        default_missing: Bool = "DefaultProfile names a profile that does not exist.",
        connector_installed: Bool = "The connector is installed on the PC.",
        uses_outlook: Bool = "Outlook or the connector left a trace for this user.",
        new_outlook: Bool = "The new Outlook is switched on.",
        new_outlook_why: Text = "Which value says so.",
    }
    /// One Outlook profile.
    PROFILE = "profile" {
        user: Text = "User id.",
        name: Text = "Profile name.",
        default: Bool = "It is the default profile.",
        connector: Bool = "It has the connector's service.",
        dangling: Bool = "An account or provider UID points to a section that does not exist.",
        dangling_why: Text = "Which UID in which section.",
        server: Text = "Server of the connector's account, where the profile tells.",
    }
}
