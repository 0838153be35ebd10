//! What a page consists of: controls in their order, without places and without Win32. A program that reads the screen
//! aloud names a list or field by the label that stands before it, so every one of them has one.

/// A control, known by this on every page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Id {
    /// First line, large.
    Heading = 100,
    /// What the page is about.
    Intro,
    /// Label of the groups.
    GroupsLabel,
    /// The groups, each with a tick.
    Groups,
    /// Why the chosen group is collected.
    Why,
    /// What is never collected.
    Never,
    /// Label of the entries of a group.
    ItemsLabel,
    /// The entries.
    Items,
    /// Label of the entry's text.
    TextLabel,
    /// An entry's text, or what could not be collected.
    Text,
    /// How many names were hidden, how far a run is.
    Note,
    /// How far a run is.
    Bar,
    /// Label of the bundle's path.
    PathLabel,
    /// The bundle's path.
    Path,
    /// Look into the chosen group.
    Look,
    /// Collect.
    Collect,
    /// Back to the groups.
    Back,
    /// From the beginning.
    Again,
    /// Show the bundle in its folder.
    Folder,
    /// Copy the bundle's path.
    Copy,
    /// Stop, or leave.
    Cancel,
}

impl Id {
    /// Every control.
    pub(super) const ALL: &[Self] = &[
        Self::Heading,
        Self::Intro,
        Self::GroupsLabel,
        Self::Groups,
        Self::Why,
        Self::Never,
        Self::ItemsLabel,
        Self::Items,
        Self::TextLabel,
        Self::Text,
        Self::Note,
        Self::Bar,
        Self::PathLabel,
        Self::Path,
        Self::Look,
        Self::Collect,
        Self::Back,
        Self::Again,
        Self::Folder,
        Self::Copy,
        Self::Cancel,
    ];

    /// The control with this number.
    pub(super) fn from_number(number: usize) -> Option<Self> {
        Self::ALL.iter().copied().find(|id| *id as usize == number)
    }
}

/// A line of the list of groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// Whether it is ticked.
    pub(super) ticked: bool,
    /// What, what for, how large.
    pub(super) cells: [String; 3],
}

/// What kind of control, and what only that kind has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Large text.
    Heading,
    /// Text that wraps.
    Text,
    /// A list with ticks under these column heads.
    Ticks([String; 3], Vec<Row>),
    /// A list to choose one line of.
    Choice(Vec<String>),
    /// Long text to read, not to change.
    Reading,
    /// One line to read and copy.
    Line,
    /// So many of so many.
    Bar(usize, usize),
    /// A push button; on the left or right of the foot.
    Button(Side),
}

/// Where in the foot of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Left.
    Left,
    /// Right.
    Right,
}

/// One control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Control {
    /// Which.
    pub(super) id: Id,
    /// What it is.
    pub(super) kind: Kind,
    /// Its text; `&` before the letter for the Alt key in buttons and labels of fields.
    pub(super) text: String,
    /// Whether it can be used.
    pub(super) enabled: bool,
}

impl Control {
    pub(super) fn new(id: Id, kind: Kind, text: impl Into<String>) -> Self {
        Self { id, kind, text: text.into(), enabled: true }
    }

    /// Whether a key press can go to it.
    #[cfg(test)]
    pub(super) fn takes_keys(&self) -> bool {
        !matches!(self.kind, Kind::Heading | Kind::Text | Kind::Bar(..))
    }
}

/// Everything that is on the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    /// Another name: the controls are other ones.
    pub(super) name: &'static str,
    /// In the order of the Tab key, buttons last.
    pub(super) controls: Vec<Control>,
    /// What the Enter key presses.
    pub(super) default: Option<Id>,
    /// What gets the keys first.
    pub(super) focus: Id,
    /// Chosen line of its list.
    pub(super) at: usize,
}
