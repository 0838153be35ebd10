//! Kinds about connector DLLs: copies on disk, registrations that name one, processes that hold one.

super::kinds! {
    /// One copy of a connector DLL: on disk, registered or loaded.
    DLL = "dll" {
        path: Path = "Full path.",
        name: Text = "File name.",
        user: Text = "User id in whose profile it lies.",
        found_by: List = "How it came to notice: install, profile, mapisvc, service, path, system, office, temp, downloads, roaming, desktop, program_data, loaded, loose.",
        location: Text = "kerio (a Kerio folder), staging (below Temp, Downloads or Roaming), office (Office, MSMAPI folders), other. Unknown for a file handed over without its place.",
        staging: Text = "temp, downloads or roaming, where location is staging.",
        size: Number = "Bytes.",
        is_pe: Bool = "Whether it parses as a PE file.",
        is_exe: Bool = "PE without the DLL characteristic.",
        machine: Text = "x86, x64, arm64 or a machine number.",
        version: Version = "Fixed file version.",
        company: Text = "CompanyName of the version resource.",
        product: Text = "ProductName of the version resource.",
        original_name: Text = "OriginalFilename of the version resource.",
        identity_mismatch: Bool = "Version resource names another company, product or original file name than the connector's.",
        identity_why: Text = "Which of them, with the value found.",
        sha256: Text = "Lower-case hex.",
        known_bad: Bool = "SHA-256 stands in the pack's list of bad hashes.",
        signature: Text = "trusted, untrusted_root, self_signed, expired, revoked, invalid or unsigned; unknown where it is unverifiable.",
        signature_why: Text = "The reason in words.",
        signature_faults: List = "Every verdict word that applies by itself: an expired certificate below an unknown root has two.",
        publisher: Text = "Subject of the signing certificate: O, else CN.",
        publisher_expected: Bool = "Publisher stands in the pack's list.",
        signed_at: Time = "Signing time, where a timestamp proves it.",
        anchor: Text = "Trust anchor and the store that holds it.",
        anchor_only_on_host: Bool = "Trusted by a root that only this PC's own store holds.",
        weak_crypto: Text = "Weak digest or key, in words.",
        appended_data: Text = "Data inside or after the certificate table that no signature covers, in words.",
        timestamp_problem: Text = "A timestamp that does not verify, in words.",
        windows_differs: Text = "Windows' own verdict where it differs from ours.",
        packed: Bool = "Packer section names, code entropy of a packed file, or a section both writable and executable.",
        packed_why: List = "What was seen, each with section and offset.",
        mapi_provider: Bool = "Exports one of MSProviderInit, XPProviderInit, ABProviderInit, ServiceEntry or MSGServiceEntry.",
        behaviour: Bool = "Not a MAPI provider by its exports, and an EXE or an import set of injection, hooking or download.",
        behaviour_why: List = "What was seen.",
        downloaded_from: Text = "Host or URL of Zone.Identifier.",
        installer_running: Bool = "An installer was running while the bundle was collected.",
    }
    /// Two copies of the DLL, both signed by an expected publisher, where only one belongs.
    DLL_CONFLICT = "dll-conflict" {
        path: Path = "The one that MAPI would load, or the first.",
        other: Path = "The other.",
        version: Version = "Version of the first.",
        other_version: Version = "Version of the other.",
        machine: Text = "Machine of the first.",
        other_machine: Text = "Machine of the other.",
        differs: Bool = "Versions or machines differ in a way that two Office bitnesses do not explain.",
    }
    /// A process that holds a connector DLL.
    DLL_LOAD = "dll-load" {
        dll: Path = "The DLL.",
        process: Text = "Image name of the process, lower case.",
        path: Path = "Its program.",
        pid: Number = "Process id.",
        command_line: Text = "Command line.",
        category: Text = "mapi_client (pack table, or a program of the connector), script_host (pack table), installer (Windows Installer, the connector's setup, a fresh regsvr32), or unknown_process.",
        cpu_percent: Number = "CPU over the window, percent of one processor.",
        busy_while_idle: Bool = "CPU or network above the pack's bound while neither Outlook nor a sync is active.",
        outbound: List = "Remote hosts of connections established in every sample that are neither loopback nor the configured server; MAPI clients, which talk to many hosts by design, have none.",
        persistent_outbound: Bool = "outbound is not empty.",
    }
    /// A place that tells MAPI to load a connector DLL (a profile's service or provider section, a MAPISVC.INF section).
    DLL_REFERENCE = "dll-reference" {
        source: Text = "profile or mapisvc.",
        user: Text = "User id.",
        profile: Text = "Outlook profile.",
        section: Text = "Registry section or INF section.",
        named: Text = "The DLL as written, without the 32 that MAPI appends on load [M2][M3].",
        qualified: Bool = "Written with a full path.",
        expected: Path = "The file that MAPI would load.",
        exists: Bool = "Whether that file exists.",
        machine: Text = "PE machine of that file.",
        outlook_bitness: Text = "Bitness of the Outlook that reads this place: x86 or x64.",
        bitness_mismatch: Bool = "Both are known and differ.",
        read_by_outlook: Bool = "Whether an installed Outlook reads this place.",
    }
}
