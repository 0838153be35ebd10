//! Kinds about the connector's installation, Office and the machine.

super::kinds! {
    /// The connector on this PC: exactly one record.
    CONNECTOR = "connector" {
        present: Bool = "Any trace: install, profile, registration or data folder.",
        installed: Bool = "Uninstall entry of the connector, or its program folder with the DLL or the backend in it.",
        install_folder: Path = "Program folder.",
        version: Version = "a.b.c of the installed connector.",
        build: Number = "Build number.",
        installed_at: Time = "When it was installed.",
        used_by_profile: Bool = "An Outlook profile has its service.",
        dll_exists: Bool = "A connector DLL lies in the program folder.",
        backend_exists: Bool = "KoffBackend.exe lies in the program folder [K1].",
        engine_exists: Bool = "A Firebird engine library lies in the program folder or below.",
        missing_parts: List = "Which of DLL, backend, database engine are missing.",
        versions: List = "Distinct versions of Kerio's own files in the program folder.",
        versions_mixed: Bool = "More than one.",
        server_version: Version = "a.b.c of the server, where seen.",
        server_build: Number = "Build number of the server.",
        against_server: Text = "older, newer, build_differs or same.",
        windows_unsupported: Bool = "The pack's compatibility table excludes this Windows version for this connector.",
        outlook_unsupported: Bool = "The table excludes this Outlook version.",
        windows: Text = "Windows as the table names it.",
        outlook: Text = "Outlook as the table names it.",
        wants_updater: Bool = "Version 7.3 or newer, which has the updater service [K8].",
        updater_present: Bool = "A service whose program lies in the updater's folder, or named so by Kerio.",
        outlook_running: Bool = "OUTLOOK.EXE was running.",
        backend_running: Bool = "KoffBackend.exe was running.",
        backend_memory_mb: Number = "Working set of KoffBackend.exe in MiB.",
        backend_memory_high: Bool = "Above the pack's bound for its database size.",
    }
    /// One Windows service of the connector.
    SERVICE = "service" {
        role: Text = "updater, indexing, backend or other.",
        name: Text = "Service name.",
        display_name: Text = "Display name.",
        image: Path = "Program.",
        start: Text = "boot, system, automatic, manual or disabled.",
        disabled: Bool = "Start type is disabled.",
        running: Bool = "Run state is running.",
    }
    /// One installed Office with Outlook.
    OFFICE = "office" {
        kind: Text = "click_to_run, msi or store.",
        version: Version = "Full version, e.g. 16.0.17932.20996.",
        build: Text = "Build as File > Office Account shows it, e.g. 17932.20996.",
        release: Text = "Product as the pack names it, e.g. Microsoft 365, Office 2019.",
        bitness: Text = "x86 or x64.",
        channel: Text = "Update channel.",
        products: List = "Product release ids.",
        has_outlook: Bool = "Outlook is part of it.",
        store: Bool = "From the Microsoft Store package.",
        updated_at: Time = "Last update.",
        unsupported: Bool = "Past its end of support on the day of collection, by the pack's table.",
        end_of_support: Text = "ISO date of the table.",
        end_unconfirmed: Text = "Where that day was read, if not on a page of the vendor.",
        activation: Text = "Its best licence on the day of collection: licensed, grace, notification, reduced (documents can be read only) or unlicensed; none where there is no licence.",
        activated: Bool = "Its best licence is licensed.",
        activated_by: Text = "Whose that licence is: user, device, shared_computer or product_key.",
        activation_until: Time = "Until when it is in that state, where it ends.",
        shared_computer: Bool = "Shared computer activation is on: a licence is a person's, for some days.",
    }
    /// One licence of Office, of Visio or Project too.
    LICENCE = "licence" {
        product: Text = "Product release id, or the licensing service's name of it, e.g. Office16ProPlusVL_KMS_Client.",
        holder: Text = "For whom: user, device, shared_computer or product_key.",
        user: Text = "User id, where it is one person's.",
        state: Text = "On the day of collection: licensed, grace, notification, reduced or unlicensed.",
        licensed: Bool = "The state is licensed.",
        until: Time = "Until when it is in that state, where it ends.",
        renew_after: Time = "From when on Office asks for a new one.",
        kind: Text = "Type of licence, e.g. Subscription; of a product key the service's description with its channel.",
        path: Path = "The file, where it is one.",
    }
    /// The machine: exactly one record.
    SYSTEM = "system" {
        windows: Text = "Product as the pack names it, e.g. Windows 11 23H2.",
        build: Number = "Build number.",
        ubr: Number = "Update build revision.",
        architecture: Text = "x86, x64 or arm64.",
        memory_mb: Number = "Installed memory in MiB.",
        memory_below_minimum: Bool = "Less than 4 GB (a PC that keeps a part for its graphics is not below) [K1].",
        windows_unsupported: Bool = "Past its end of support on the day of collection, by the pack's table.",
        end_of_support: Text = "ISO date of the table.",
        end_unconfirmed: Text = "Where that day was read, if not on a page of the vendor.",
        reboot_pending: Bool = "Pending file renames of Office or Kerio, or an update's reboot flag.",
        reboot_why: List = "What says so.",
        office_side_by_side: Bool = "Click-to-Run and MSI Office side by side, or two bitnesses.",
        office_side_by_side_why: Text = "Which ones.",
        elevated: Bool = "Whether the collector ran elevated.",
        antivirus: List = "Registered products.",
        third_party_antivirus: List = "Those other than Microsoft Defender.",
        firewalls: List = "Registered firewalls beside that of Windows.",
        tray_text: List = "Hover texts of the connector's tray icon.",
        clock_paired: Bool = "A log line of this PC quotes the server's time (the Date header of HTTP), or the server was asked with consent.",
        clock_skew_seconds: Number = "Largest difference between such a line's own time, or the PC's, and the server's, in seconds, without sign.",
    }
    /// An update of Office or Windows, or an installation of the connector.
    CHANGE = "change" {
        what: Text = "office, windows or connector.",
        name: Text = "Version or KB number.",
        time: Time = "When.",
        hours_before_failure: Number = "Hours before the first failure seen in logs or events.",
        failure: Text = "What the first failure was, e.g. MAPI error.",
        before_failure: Bool = "Within the pack's window before the first failure.",
    }
    /// One Outlook add-in of Kerio, or registered for Outlook.
    ADDIN = "addin" {
        prog_id: Text = "ProgID.",
        name: Text = "FriendlyName.",
        kerio: Bool = "Kerio's, by the path of its server DLL or by its name and description.",
        load_behavior: Number = "LoadBehavior: 3 loads at start, 2 was unloaded, 0 off.",
        disabled: Bool = "LoadBehavior 0 or 2.",
        user: Text = "User id; absent for a machine-wide registration.",
        path: Path = "Server DLL.",
        policy: Text = "An administrator's word on it: always disabled, always enabled, left to the user, or not on the list of managed add-ins, and all others are blocked.",
        policy_user: Text = "User id whose policy that is; of a machine-wide registration the first for whom it is blocked.",
        blocked_by_policy: Bool = "That word keeps Outlook from loading it, whatever LoadBehavior says.",
        load_ms: Number = "Milliseconds that its last start took (Outlook's event 45).",
        loaded_at: Time = "When that event was written.",
    }
    /// One entry of Outlook's lists of disabled and crashing add-ins.
    DISABLED_ITEM = "disabled-item" {
        list: Text = "DisabledItems or CrashingAddinList.",
        path: Path = "The file.",
        name: Text = "Friendly name.",
        kerio: Bool = "A Kerio file.",
        user: Text = "User id.",
    }
}
