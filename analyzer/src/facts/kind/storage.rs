//! Kinds about data folders, databases, volumes and antivirus exclusions.

super::kinds! {
    /// The data folder of one Outlook profile with the connector, existing or expected.
    CACHE = "cache" {
        user: Text = "User id.",
        profile: Text = "Profile name (the folder's name) [K2][K6].",
        path: Path = "Folder.",
        exists: Bool = "It exists and holds a database.",
        profile_exists: Bool = "An Outlook profile of that name exists for the user.",
        profile_uses_connector: Bool = "That profile has the connector's service.",
        volume: Text = "fixed, removable, remote, optical, ram.",
        remote: Bool = "On a remote volume or a UNC path.",
        removable: Bool = "On a removable volume.",
        synced: Bool = "Below a sync client's folder, or redirected.",
        synced_by: Text = "Which client, or where it is redirected to.",
        databases: Number = "Firebird databases in it.",
        upgrade_interrupted: Bool = "Two databases side by side.",
        database_mb: Number = "Size of the largest, in MiB.",
        free_mb: Number = "Free space of the volume, in MiB.",
        free_below_double: Bool = "Free space below twice the largest database [K3].",
        free_low: Bool = "Free space below the pack's bound.",
        last_write: Time = "Last write of the newest database.",
        outlook_used: Time = "Latest sign of Outlook use.",
        stale: Bool = "Not written for longer than the pack's bound although Outlook was used.",
    }
    /// One Firebird database.
    DATABASE = "database" {
        user: Text = "User id.",
        path: Path = "File.",
        size: Number = "Bytes.",
        empty: Bool = "0 bytes, or shorter than its header page.",
        header_valid: Bool = "Header page is one of Firebird: page type 1, known page size and on-disk structure.",
        header_why: Text = "What is wrong with it.",
        page_size: Number = "Bytes a page.",
        ods: Text = "On-disk structure, major.minor.",
    }
    /// One of the folders that the vendor wants excluded from antivirus (K4, K5).
    EXCLUSION = "exclusion" {
        role: Text = "program, data or updater.",
        folder: Path = "The folder on this PC.",
        user: Text = "User id, for the data folder.",
        excluded: Bool = "Defender's list or policy covers it. Unknown without elevation, and with another product.",
        by: Text = "Which entry covers it.",
        other_user_only: Bool = "The list names only another user's data folder.",
        other: Text = "That entry.",
    }
    /// One registered security product other than Microsoft Defender.
    ANTIVIRUS = "antivirus" {
        name: Text = "Product.",
        path: Path = "Program.",
    }
    /// One volume that holds a data folder or Windows.
    VOLUME = "volume" {
        root: Path = "Root.",
        kind: Text = "fixed, removable, remote, optical, ram.",
        free_mb: Number = "Free MiB.",
        total_mb: Number = "Capacity in MiB.",
        holds_data: Bool = "A data folder of the connector lies on it.",
        free_low: Bool = "Free space below the pack's bound.",
    }
}
