//! Kinds about the bundle itself.

super::kinds! {
    /// The bundle as evidence: exactly one record.
    BUNDLE = "bundle" {
        kind: Text = "live, disk, recorded or loose.",
        connector_in_use: Bool = "A profile has the connector's service, or its data folder is there.",
        debug_log_present: Bool = "A connector debug log with at least one line.",
        debug_log_covers_failure: Bool = "Its records span the failure seen elsewhere.",
        failure_at: Time = "First failure seen elsewhere.",
        debug_log_from: Time = "First stamp of the debug log.",
        debug_log_to: Time = "Last stamp of the debug log.",
        elevated: Bool = "Whether the collector ran elevated.",
        denied: List = "Entries that an administrator could have read.",
        incomplete: List = "Entries that timed out, were truncated, withheld or failed.",
        names_masked: Bool = "Names were replaced by pseudonyms.",
    }
    /// One member whose digest differs from the manifest, or that the manifest does not know.
    ALTERED = "altered" {
        artifact: Text = "Member name.",
        expected: Text = "SHA-256 of the manifest, or what the format asks for.",
        found: Text = "SHA-256 found, or what stands there; absent where the member is gone.",
        what: Text = "digest differs, member missing, member unexpected or damaged.",
    }
}
