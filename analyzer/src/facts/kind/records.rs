//! Kinds that are streams of records, logs and events; what is seen of processes and of the server at the moment.

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
    /// One contact with the mail server of a profile, made where somebody agreed to it; none otherwise.
    SERVER_CONTACT = "server-contact" {
        server: Text = "Host as the profile names it.",
        port: Number = "Port.",
        resolved: Bool = "The name stands for at least one address.",
        reached: Bool = "A connection stood.",
        why: Text = "Why there was none.",
        families: List = "IPv4, IPv6: families of the addresses.",
        connect_ms: Number = "Milliseconds until the connection stood.",
        tls: Text = "TLS 1.2 or TLS 1.3.",
        certificates: Number = "Certificates shown.",
        valid_until: Time = "End of the server's own certificate.",
        expired: Bool = "That was before the day of collection.",
        not_yet_valid: Bool = "It begins after the day of collection.",
        self_issued: Bool = "It names itself as its issuer.",
        name_matches: Bool = "It is for the name that the profile uses.",
        answer: Text = "Status line of the answer to a HEAD request.",
        status: Number = "The number in it.",
        banner: Text = "What the server calls itself in that answer.",
        clock_ahead_seconds: Number = "Seconds by which the PC's clock is ahead of the server's in that answer; negative where it is behind.",
    }
}
