//! The two forms of a licence file: a JSON document with the licence proper in Base64, and the token of a shared computer.
//! Owns what is taken out of each; everything else, identities and signatures among it, is dropped here.

use jiff::Timestamp;
use koff_bundle::{base64, encoding, record::Licence};
use serde_json::{Map, Value};

/// A licence of Microsoft 365: UTF-16 JSON, whose `License` is the Base64 of UTF-8 JSON.
///
/// # Errors
/// What was expected and what was found.
pub fn licence(bytes: &[u8]) -> Result<Licence, String> {
    let outer = object(&encoding::text(bytes), "a licence file")?;
    let inner = text(&outer, "License").ok_or("expected a field License, found none")?;
    let inner = base64::decode(&inner).ok_or("expected Base64 in the field License")?;
    let inner = object(&String::from_utf8_lossy(&inner), "the field License")?;
    let about = match field(&inner, "Metadata") {
        Some(Value::Object(about)) => about.clone(),
        _ => Map::new(),
    };
    let licence = Licence {
        product: text(&inner, "ProductReleaseId"),
        kind: text(&inner, "LicenseType"),
        entitlement: text(&inner, "Status"),
        expires: time(&inner, "ExpiresOn")?,
        not_before: time(&about, "NotBefore")?,
        not_after: time(&about, "NotAfter")?,
        renew_after: time(&about, "RenewAfter")?,
    };
    if licence.product.is_none() && licence.not_after.is_none() {
        return Err("expected a product and its times, found neither".to_owned());
    }
    Ok(licence)
}

/// A token of shared computer activation: parts between underscores, the fifth and sixth of which are its times.
///
/// # Errors
/// What was expected and what was found.
pub fn token(bytes: &[u8]) -> Result<Licence, String> {
    let text = encoding::text(bytes);
    let parts: Vec<&str> = text.trim().split('_').collect();
    let (Some(from), Some(to)) = (parts.get(4), parts.get(5)) else {
        return Err(format!("expected a token with two times in it, found {} parts", parts.len()));
    };
    let time = |text: &str| text.parse::<Timestamp>().map_err(|_| "expected a time in the token".to_owned());
    Ok(Licence { not_before: Some(time(from)?), not_after: Some(time(to)?), ..Licence::default() })
}

fn object(text: &str, what: &str) -> Result<Map<String, Value>, String> {
    match serde_json::from_str(text.trim_start_matches('\u{feff}').trim_end_matches(['\0', ' ', '\r', '\n'])) {
        Ok(Value::Object(fields)) => Ok(fields),
        // Not the parser's own words: they may quote what they met.
        Ok(_) | Err(_) => Err(format!("expected a JSON object in {what}")),
    }
}

/// A field by its name in any case, as PowerShell finds it.
fn field<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    field(fields, name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A moment; without an offset it is taken to be UTC.
fn time(fields: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, String> {
    let Some(text) = text(fields, name) else { return Ok(None) };
    let read = text.parse::<Timestamp>().or_else(|_| format!("{text}Z").parse());
    read.map(Some).map_err(|_| format!("expected a time in the field {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn file(inner: &str) -> Vec<u8> {
        let outer = serde_json::json!({"Signature": "c2ln", "License": base64::encode(inner.as_bytes())});
        wide(&outer.to_string())
    }

    #[test]
    fn a_licence_tells_product_state_and_times_and_nobody_s_name() {
        let inner = r#"{"LicenseId":"EWW_1","Acid":"a","ProductReleaseId":"O365ProPlusRetail","LicenseType":"Subscription",
            "Status":"Provisioned","ExpiresOn":null,"Metadata":{"UserId":"4711","TenantId":"t","NotBefore":"2026-04-30T08:00:00Z",
            "NotAfter":"2026-07-29T08:00:00.1234567Z","RenewAfter":"2026-05-03T08:00:00"}}"#;
        let licence = licence(&file(inner)).unwrap();
        assert_eq!(licence.product.as_deref(), Some("O365ProPlusRetail"));
        assert_eq!(
            (licence.kind.as_deref(), licence.entitlement.as_deref()),
            (Some("Subscription"), Some("Provisioned"))
        );
        assert_eq!((licence.expires, licence.renew_after), (None, "2026-05-03T08:00:00Z".parse().ok()));
        let said = serde_json::to_string(&licence).unwrap();
        assert!(!["4711", "EWW_1", "sig", "\"t\""].iter().any(|hidden| said.contains(hidden)), "{said}");
    }

    #[test]
    fn a_file_that_is_no_licence_says_what_was_expected_and_quotes_nothing() {
        let secret = "anna@firma.example";
        let not_json = file(secret);
        let no_times = file(r#"{"LicenseType":"anna@firma.example"}"#);
        let odd_time = file(r#"{"ProductReleaseId":"X","ExpiresOn":"anna@firma.example"}"#);
        for bytes in [Vec::new(), wide(secret), wide(r#"{"License":5}"#), not_json, no_times, odd_time] {
            let why = licence(&bytes).unwrap_err();
            assert!(why.starts_with("expected") && !why.contains("anna"), "{why}");
        }
    }

    #[test]
    fn a_token_of_a_shared_computer_tells_its_times_only() {
        let text = "0ff1ce15_x_y_anna@firma.example_2026-05-01T00:00:00Z_2026-05-04T00:00:00Z_c2lnbmF0dXJl";
        let licence = token(&wide(text)).unwrap();
        assert_eq!(licence.not_after, "2026-05-04T00:00:00Z".parse().ok());
        assert!(!serde_json::to_string(&licence).unwrap().contains("anna"));
        assert!(token(&wide("anna@firma.example")).unwrap_err().contains("1 parts"));
    }
}
