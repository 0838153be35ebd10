//! What the window shows and what follows from a click, a key or a report of the clerk. Pure: tests press its buttons
//! without a screen.

use std::{collections::BTreeSet, path::PathBuf};

use koff_bundle::artifact::Artifact;

use super::{
    Chosen, Written,
    clerk::{Order, Report},
    page::{Control, Id, Kind, Page, Row, Side},
};
use crate::{
    collect::{Look, Planned},
    error::Error,
    host::Answer,
    messages::Messages,
    plan::{Group, Selection},
    source::{Job, Want},
};

/// What a person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Press {
    /// A button, or its key.
    Button(Id),
    /// Enter.
    Enter,
    /// Esc.
    Escape,
    /// The cross of the window.
    Leave,
    /// A group's tick is now so.
    Tick(usize, bool),
    /// A line of the groups or entries was chosen.
    Choose(usize),
}

/// What is to be done outside the window.
#[derive(Debug)]
pub(super) enum Outside {
    /// For the clerk.
    Clerk(Order),
    /// Show a file in its folder.
    Folder(PathBuf),
    /// Put a text into the clipboard.
    Copy(String),
    /// The end.
    Quit,
}

/// A group on the first page.
struct Line {
    group: Group,
    ticked: bool,
    bytes: u64,
    jobs: Vec<Job>,
}

/// Where in the course of things.
enum Stage {
    Survey,
    Choose,
    Looking { chosen: usize, look: Option<Answer<Look>> },
    Collecting { now: Option<Artifact>, done: usize, total: usize, stopping: bool, leaving: bool },
    Written { written: Written, copied: bool },
    Stopped,
    Failed(String),
}

/// The window's state.
pub(super) struct Model {
    messages: Messages,
    stage: Stage,
    lines: Vec<Line>,
    /// Chosen group.
    at: usize,
}

impl Model {
    /// A window that has just been opened, and the first order.
    pub(super) fn new(messages: Messages) -> (Self, Outside) {
        (Self { messages, stage: Stage::Survey, lines: Vec::new(), at: 0 }, Outside::Clerk(Order::Survey))
    }

    /// Title of the window.
    pub(super) fn title(&self) -> String {
        self.messages.text("window.title")
    }

    /// Takes a report of the clerk; what is to be done outside.
    pub(super) fn hear(&mut self, report: Report) -> Option<Outside> {
        // A half-written file is gone only when the clerk has said so.
        if matches!((&report, &self.stage), (Report::Ended(_), Stage::Collecting { leaving: true, .. })) {
            return Some(Outside::Quit);
        }
        match (report, &mut self.stage) {
            (Report::Surveyed(Ok(planned)), Stage::Survey) => {
                self.lines = lines(planned);
                self.stage = Stage::Choose;
            }
            (Report::Surveyed(Err(error)) | Report::Ended(Err(error)), _) => {
                self.stage = match error {
                    Error::Cancelled => Stage::Stopped,
                    error => Stage::Failed(self.messages.error(&error)),
                };
            }
            (Report::Looked(place, answer), Stage::Looking { chosen, look }) if place == *chosen => {
                *look = Some(answer);
            }
            (Report::Begins(artifact, through, all), Stage::Collecting { now, done, total, .. }) => {
                (*now, *done, *total) = (Some(artifact), through, all);
            }
            (Report::Ended(Ok(written)), _) => self.stage = Stage::Written { written, copied: false },
            _ => {}
        }
        None
    }

    /// Takes a click or key; what is to be done outside.
    pub(super) fn press(&mut self, press: Press) -> Option<Outside> {
        match press {
            Press::Enter => self.page().default.and_then(|id| self.button(id)),
            Press::Escape if matches!(self.stage, Stage::Looking { .. }) => self.button(Id::Back),
            Press::Escape => self.button(Id::Cancel),
            Press::Leave => self.leave(),
            Press::Button(id) => self.button(id),
            Press::Tick(line, ticked) => {
                if let Some(line) = self.lines.get_mut(line) {
                    line.ticked = ticked;
                }
                None
            }
            Press::Choose(place) => self.choose(place),
        }
    }

    fn leave(&mut self) -> Option<Outside> {
        match &mut self.stage {
            Stage::Collecting { stopping, leaving, .. } => {
                (*stopping, *leaving) = (true, true);
                Some(Outside::Clerk(Order::Stop))
            }
            _ => Some(Outside::Quit),
        }
    }

    fn choose(&mut self, place: usize) -> Option<Outside> {
        match &mut self.stage {
            Stage::Choose => {
                self.at = place.min(self.lines.len().saturating_sub(1));
                None
            }
            Stage::Looking { chosen, look } => {
                let job = self.lines.get(self.at)?.jobs.get(place)?.clone();
                (*chosen, *look) = (place, None);
                Some(Outside::Clerk(Order::Look(place, job)))
            }
            _ => None,
        }
    }

    fn button(&mut self, id: Id) -> Option<Outside> {
        match (id, &mut self.stage) {
            (Id::Look, Stage::Choose) => {
                self.stage = Stage::Looking { chosen: 0, look: None };
                self.choose(0)
            }
            (Id::Back, Stage::Looking { .. }) => {
                self.stage = Stage::Choose;
                Some(Outside::Clerk(Order::Stop))
            }
            (Id::Collect, Stage::Choose) if self.lines.iter().any(|line| line.ticked) => {
                self.stage = Stage::Collecting { now: None, done: 0, total: 0, stopping: false, leaving: false };
                Some(Outside::Clerk(Order::Collect(self.chosen())))
            }
            (Id::Cancel, Stage::Collecting { stopping, .. }) => {
                *stopping = true;
                Some(Outside::Clerk(Order::Stop))
            }
            (Id::Again, Stage::Stopped | Stage::Failed(_)) => {
                self.stage = if self.lines.is_empty() { Stage::Survey } else { Stage::Choose };
                self.lines.is_empty().then_some(Outside::Clerk(Order::Survey))
            }
            (Id::Folder, Stage::Written { written, .. }) => Some(Outside::Folder(written.path.clone())),
            (Id::Copy, Stage::Written { written, copied }) => {
                *copied = true;
                Some(Outside::Copy(written.path.display().to_string()))
            }
            (Id::Cancel, _) => Some(Outside::Quit),
            _ => None,
        }
    }

    /// Unticked groups are withheld; those that need a yes and got none were never offered.
    fn chosen(&self) -> Chosen {
        let artifacts = |wanted: &dyn Fn(&Line) -> bool| -> Vec<Artifact> {
            self.lines.iter().filter(|line| wanted(line)).flat_map(|line| line.group.artifacts()).collect()
        };
        let withheld: BTreeSet<Artifact> =
            artifacts(&|line| !line.ticked && !line.group.needs_consent()).into_iter().collect();
        let agreed = artifacts(&|line| line.ticked && line.group.needs_consent());
        Chosen { selection: Selection { withheld, ..Selection::default() }, agreed }
    }

    /// What is on the window now.
    pub(super) fn page(&self) -> Page {
        match &self.stage {
            Stage::Survey => self.survey_page(),
            Stage::Choose => self.choose_page(),
            Stage::Looking { chosen, look } => self.look_page(*chosen, look.as_ref()),
            Stage::Collecting { now, done, total, stopping, .. } => self.progress_page(*now, *done, *total, *stopping),
            Stage::Written { written, copied } => self.end_page(written, *copied),
            Stage::Stopped => {
                let (heading, text) = ("window.stopped.heading", self.messages.text("window.stopped.text"));
                self.no_bundle_page(heading, text)
            }
            Stage::Failed(why) => self.no_bundle_page("window.failed.heading", why.clone()),
        }
    }

    fn heading(&self, key: &str) -> Control {
        Control::new(Id::Heading, Kind::Heading, self.messages.text(key))
    }

    fn text(&self, id: Id, key: &str) -> Control {
        Control::new(id, Kind::Text, self.messages.text(key))
    }

    fn push(&self, id: Id, side: Side, key: &str) -> Control {
        Control::new(id, Kind::Button(side), self.messages.text(key))
    }

    fn survey_page(&self) -> Page {
        let controls = vec![
            self.heading("window.choose.heading"),
            self.text(Id::Intro, "window.survey"),
            self.push(Id::Cancel, Side::Right, "window.cancel"),
        ];
        Page { name: "survey", controls, default: None, focus: Id::Cancel, at: 0 }
    }

    fn choose_page(&self) -> Page {
        let say = |key: &str| self.messages.text(key);
        let group = |line: &Line| (format!("group.{}", line.group.id()), format!("group.{}.why", line.group.id()));
        let rows = self.lines.iter().map(|line| {
            let (what, why) = group(line);
            let size = match line.bytes {
                0 if line.group.needs_consent() => say("window.on-request"),
                0 => say("window.nothing"),
                bytes => self.messages.say("window.about", &[("size", &self.messages.size(bytes))]),
            };
            Row { ticked: line.ticked, cells: [say(&what), say(&why), size] }
        });
        let columns = [say("window.column.what"), say("window.column.why"), say("window.column.size")];
        let why = self.lines.get(self.at).map(|line| say(&group(line).1)).unwrap_or_default();
        let mut collect = self.push(Id::Collect, Side::Right, "window.collect");
        collect.enabled = self.lines.iter().any(|line| line.ticked);
        let controls = vec![
            self.heading("window.choose.heading"),
            self.text(Id::Intro, "window.choose.intro"),
            self.text(Id::GroupsLabel, "window.choose.list"),
            Control::new(Id::Groups, Kind::Ticks(columns, rows.collect()), ""),
            Control::new(Id::Why, Kind::Text, why),
            self.text(Id::Never, "window.never"),
            self.push(Id::Look, Side::Left, "window.look"),
            collect,
            self.push(Id::Cancel, Side::Right, "window.cancel"),
        ];
        Page { name: "choose", controls, default: Some(Id::Collect), focus: Id::Groups, at: self.at }
    }

    fn look_page(&self, chosen: usize, look: Option<&Answer<Look>>) -> Page {
        let line = self.lines.get(self.at);
        let items = line.map(|line| line.jobs.iter().map(|job| self.item(job)).collect()).unwrap_or_default();
        let picture = line.and_then(|line| line.jobs.get(chosen)).is_some_and(|job| job.method == "picture");
        let (text, note) = match look {
            None => (self.messages.text("window.reading"), String::new()),
            Some(Ok(_)) if picture => (self.messages.text("window.picture"), String::new()),
            Some(Ok(look)) => (look.text.clone(), self.masked(look)),
            Some(Err(end)) => {
                let why = self.messages.why(end);
                (self.messages.say("window.not-there", &[("why", &why)]), String::new())
            }
        };
        let group = line.map(|line| self.messages.text(&format!("group.{}", line.group.id()))).unwrap_or_default();
        let controls = vec![
            Control::new(Id::Heading, Kind::Heading, group),
            self.text(Id::ItemsLabel, "window.items"),
            Control::new(Id::Items, Kind::Choice(items), ""),
            self.text(Id::TextLabel, "window.text"),
            Control::new(Id::Text, Kind::Reading, text),
            Control::new(Id::Note, Kind::Text, note),
            self.push(Id::Back, Side::Right, "window.back"),
        ];
        Page { name: "look", controls, default: Some(Id::Back), focus: Id::Items, at: 0 }
    }

    fn masked(&self, look: &Look) -> String {
        match look.masks.values().sum::<u64>() {
            0 => self.messages.text("window.masked-none"),
            count => self.messages.say("window.masked", &[("count", &count.to_string())]),
        }
    }

    fn item(&self, job: &Job) -> String {
        let purpose = self.messages.purpose(job.artifact);
        let origin = self.messages.origin(&job.name, job.method, &job.origin);
        let place = if job.method == "facts" { purpose } else { format!("{purpose}: {origin}") };
        match &job.want {
            Want::Nothing(end) => format!("{place} ({})", self.messages.state(end.state)),
            _ => place,
        }
    }

    fn progress_page(&self, now: Option<Artifact>, done: usize, total: usize, stopping: bool) -> Page {
        let purpose = now.map(|artifact| self.messages.purpose(artifact)).unwrap_or_default();
        let (done_text, total_text) = (done.to_string(), total.to_string());
        let parts = [("what", purpose.as_str()), ("done", &done_text), ("total", &total_text)];
        let note = match (stopping, now) {
            (true, _) => self.messages.text("window.stopping"),
            (false, None) => self.messages.text("window.survey"),
            (false, Some(_)) => self.messages.say("window.progress.now", &parts),
        };
        let mut cancel = self.push(Id::Cancel, Side::Right, "window.cancel");
        cancel.enabled = !stopping;
        let controls = vec![
            self.heading("window.progress.heading"),
            self.text(Id::Intro, "window.progress.intro"),
            Control::new(Id::Note, Kind::Text, note),
            Control::new(Id::Bar, Kind::Bar(done, total.max(1)), ""),
            cancel,
        ];
        Page { name: "progress", controls, default: None, focus: Id::Cancel, at: 0 }
    }

    fn end_page(&self, written: &Written, copied: bool) -> Page {
        let size = self.messages.size(written.bytes);
        let controls = vec![
            self.heading("window.end.heading"),
            Control::new(Id::Intro, Kind::Text, self.messages.say("window.end.intro", &[("size", &size)])),
            self.text(Id::PathLabel, "window.end.path"),
            Control::new(Id::Path, Kind::Line, written.path.display().to_string()),
            Control::new(
                Id::Note,
                Kind::Text,
                if copied { self.messages.text("window.copied") } else { String::new() },
            ),
            self.text(Id::TextLabel, "window.end.remarks"),
            Control::new(Id::Text, Kind::Reading, written.remarks.join("\n\n")),
            self.push(Id::Folder, Side::Left, "window.end.folder"),
            self.push(Id::Copy, Side::Left, "window.end.copy"),
            self.push(Id::Cancel, Side::Right, "window.close"),
        ];
        Page { name: "end", controls, default: Some(Id::Folder), focus: Id::Folder, at: 0 }
    }

    fn no_bundle_page(&self, heading: &str, text: String) -> Page {
        let controls = vec![
            self.heading(heading),
            Control::new(Id::Intro, Kind::Text, text),
            self.push(Id::Again, Side::Right, "window.again"),
            self.push(Id::Cancel, Side::Right, "window.close"),
        ];
        Page { name: "none", controls, default: Some(Id::Again), focus: Id::Again, at: 0 }
    }
}

/// The groups with what they consist of on this PC.
fn lines(planned: Vec<(Planned, u64)>) -> Vec<Line> {
    let mut lines: Vec<Line> = Group::ALL
        .iter()
        .map(|group| Line { group: *group, ticked: !group.needs_consent(), bytes: 0, jobs: Vec::new() })
        .collect();
    for (planned, bytes) in planned {
        if let Some(line) = lines.iter_mut().find(|line| line.group == Group::of(planned.artifact)) {
            line.bytes = line.bytes.saturating_add(bytes);
            line.jobs.extend(planned.jobs);
        }
    }
    lines
}

#[cfg(test)]
mod tests;
