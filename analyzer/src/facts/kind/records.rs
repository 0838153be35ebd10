//! Kinds that are streams of records: logs and events.

super::kinds! {
    /// One record of any log: a line, or an indented block under its head.
    LOG = "log" {
        source: Text = "connector, indexer, firebird, updater, installer, server or unknown.",
        artifact: Text = "Member name.",
        layout: Text = "Name of the layout found in the file, or unknown.",
        time: Time = "When, UTC, where a stamp was found.",
        time_confidence: Text = "exact (the stamp says its zone), local (by the rules of the PC's time zone), offset (by the one offset that is known of the PC: in the other half of the year it may be an hour off), repeated (an hour that the clock ran through twice), skipped (an hour that it never showed), none.",
        severity: Text = "fatal, error, warning, info, debug, where the layout has one.",
        thread: Text = "Thread or process id, where the layout has one.",
        text: Text = "The record without stamp, thread and severity.",
        user: Text = "User id, where the log belongs to one.",
        clock_settings: Number = "How often the clock was set above this line, where it was set while the file was written: times of lines with different numbers cannot be compared.",
        clock_set_seconds: Number = "By how many seconds the clock was last set above this line; negative: back.",
    }
    /// One event of a Windows event log, or one Windows error report.
    EVENT = "event" {
        channel: Text = "Channel, or wer.",
        provider: Text = "Provider.",
        id: Number = "Event id.",
        level: Number = "1 critical, 2 error, 3 warning, 4 information.",
        time: Time = "When, UTC.",
        text: Text = "Rendered message, else all data joined by blanks.",
        program: Text = "Faulting or hanging program, lower case, where the provider names one.",
        module: Text = "Faulting module, lower case.",
        module_path: Path = "Its path.",
        kerio_module: Bool = "The faulting module is a Kerio file.",
        exception: Text = "Exception code, 0x….",
        path: Path = "File or folder that the event is about (Defender, controlled folder access).",
        kerio_path: Bool = "That path is a Kerio file or folder.",
        process: Path = "Program that was blocked (controlled folder access).",
    }
    /// One running process that matters.
    PROCESS = "process" {
        name: Text = "Image name, lower case.",
        path: Path = "Program.",
        pid: Number = "Process id.",
        memory_mb: Number = "Working set in MiB.",
        role: Text = "outlook, backend, updater, indexing, new_outlook, installer or other.",
    }
}
