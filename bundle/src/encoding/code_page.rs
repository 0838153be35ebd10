//! The code pages of Windows in which programs write text that is neither UTF-8 nor UTF-16. Owns which number means which
//! encoding; guesses none.

use std::borrow::Cow;

use encoding_rs::{
    BIG5, EUC_KR, Encoding, GBK, SHIFT_JIS, UTF_8, WINDOWS_874, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253,
    WINDOWS_1254, WINDOWS_1255, WINDOWS_1256, WINDOWS_1257, WINDOWS_1258,
};

/// A code page, as `HKLM\SYSTEM\CurrentControlSet\Control\Nls\CodePage` names one for all programs of a PC (`ACP`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodePage(&'static Encoding);

impl Default for CodePage {
    /// Windows-1252, that of Western Europe and America.
    fn default() -> Self {
        Self(WINDOWS_1252)
    }
}

impl CodePage {
    /// The code page with this number; `None` for one that no Windows uses as its ACP.
    #[must_use]
    pub fn of(number: u32) -> Option<Self> {
        Some(Self(match number {
            874 => WINDOWS_874,
            932 => SHIFT_JIS,
            936 => GBK,
            949 => EUC_KR,
            950 => BIG5,
            1250 => WINDOWS_1250,
            1251 => WINDOWS_1251,
            1252 => WINDOWS_1252,
            1253 => WINDOWS_1253,
            1254 => WINDOWS_1254,
            1255 => WINDOWS_1255,
            1256 => WINDOWS_1256,
            1257 => WINDOWS_1257,
            1258 => WINDOWS_1258,
            65001 => UTF_8,
            _ => return None,
        }))
    }

    /// `bytes` as text; what does not fit becomes U+FFFD.
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        self.0.decode_without_bom_handling(bytes).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_page_reads_the_text_of_its_language() {
        let cases: [(u32, &[u8], &str); 14] = [
            (874, b"\xe4\xb7\xc2", "ไทย"),
            (932, b"\x83\x47\x83\x89\x81\x5b", "エラー"),
            (936, b"\xb4\xed\xce\xf3", "错误"),
            (949, b"\xbf\xc0\xb7\xf9", "오류"),
            (950, b"\xbf\xf9\xbb\x7e", "錯誤"),
            (1250, b"P\xf8\xedli\x9a \x9elu\x9dou\xe8k\xfd", "Příliš žluťoučký"),
            (1251, b"\xce\xf8\xe8\xe1\xea\xe0", "Ошибка"),
            (1252, b"Gr\xfc\xdfe \x80", "Grüße €"),
            (1253, b"\xd3\xf6\xdc\xeb\xec\xe1", "Σφάλμα"),
            (1254, b"\xddstanbul \xfe\xf0", "İstanbul şğ"),
            (1255, b"\xf9\xe2\xe9\xe0\xe4", "שגיאה"),
            (1256, b"\xce\xd8\xc3", "خطأ"),
            (1257, b"k\xefda \xf0", "kļda š"),
            (1258, b"L\xf0i \xfe", "Lđi ₫"),
        ];
        for (number, bytes, text) in cases {
            assert_eq!(CodePage::of(number).unwrap().decode(bytes), text, "{number}");
        }
        assert_eq!(CodePage::of(437), None, "a page of the console, never of Windows' programs");
        assert_eq!(CodePage::default(), CodePage::of(1252).unwrap());
    }
}
