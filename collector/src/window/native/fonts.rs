#![expect(unsafe_code, reason = "GDI fonts and the scale of a screen")]
//! The system's own font in the scale of the window's screen, measuring text in it, and how much of the screen is free.

use windows_sys::Win32::{
    Foundation::{HWND, RECT},
    Graphics::Gdi::{
        CreateFontIndirectW, DT_CALCRECT, DT_NOPREFIX, DT_WORDBREAK, DeleteObject, DrawTextW, FW_BOLD, GetDC,
        GetDeviceCaps, HDC, HFONT, HGDIOBJ, LOGFONTW, LOGPIXELSX, ReleaseDC, SelectObject,
    },
    UI::WindowsAndMessaging::{NONCLIENTMETRICSW, SPI_GETNONCLIENTMETRICS, SPI_GETWORKAREA, SystemParametersInfoW},
};

use super::super::{
    layout::Ruler,
    page::{Control, Id, Kind},
};
use crate::host::windows::{function, wide};

/// Dots per inch of the screen that `window` is on; of the system where this Windows knows one scale only.
pub(super) fn dpi(window: HWND) -> i32 {
    type GetDpiForWindow = unsafe extern "system" fn(HWND) -> u32;
    if let Some(address) = function("user32.dll", "GetDpiForWindow") {
        // SAFETY: the function has this signature since Windows 10 1607, where it appeared.
        let dpi = unsafe { std::mem::transmute::<_, GetDpiForWindow>(address)(window) };
        if let Ok(dpi @ 1..) = i32::try_from(dpi) {
            return dpi;
        }
    }
    system_dpi()
}

fn system_dpi() -> i32 {
    // SAFETY: the screen's own context, given back.
    unsafe {
        let context = GetDC(std::ptr::null_mut());
        let dpi = GetDeviceCaps(context, LOGPIXELSX as i32);
        ReleaseDC(std::ptr::null_mut(), context);
        dpi.max(72)
    }
}

/// What the task bar leaves of the first screen.
pub(super) fn free_area() -> RECT {
    let mut area = RECT { left: 0, top: 0, right: 800, bottom: 600 };
    // SAFETY: the rectangle is written in place.
    unsafe { SystemParametersInfoW(SPI_GETWORKAREA, 0, (&raw mut area).cast(), 0) };
    area
}

/// The fonts of one scale.
pub(super) struct Fonts {
    pub(super) normal: HFONT,
    pub(super) heading: HFONT,
}

impl Fonts {
    /// The font that the user has chosen for messages, and a larger one of the same family.
    pub(super) fn new(dpi: i32) -> Self {
        // SAFETY: the structure may be all zeros, its size is told, and it is written in place.
        let mut metrics: NONCLIENTMETRICSW = unsafe { std::mem::zeroed() };
        metrics.cbSize = size_of::<NONCLIENTMETRICSW>() as u32;
        // SAFETY: as above; a failure leaves a font of height 0, which Windows replaces by its default.
        unsafe { SystemParametersInfoW(SPI_GETNONCLIENTMETRICS, metrics.cbSize, (&raw mut metrics).cast(), 0) };
        let font = metrics.lfMessageFont;
        let height = font.lfHeight.saturating_mul(dpi) / system_dpi();
        let make = |font: &LOGFONTW| {
            // SAFETY: the description outlives the call.
            unsafe { CreateFontIndirectW(font) }
        };
        let normal = make(&LOGFONTW { lfHeight: height, ..font });
        let heading = make(&LOGFONTW { lfHeight: height.saturating_mul(3) / 2, lfWeight: FW_BOLD as i32, ..font });
        Self { normal, heading }
    }

    /// The font of a control.
    pub(super) fn of(&self, kind: &Kind) -> HFONT {
        if *kind == Kind::Heading { self.heading } else { self.normal }
    }
}

impl Drop for Fonts {
    fn drop(&mut self) {
        // SAFETY: both are this value's own; controls have got others before.
        unsafe {
            DeleteObject(self.normal as HGDIOBJ);
            DeleteObject(self.heading as HGDIOBJ);
        }
    }
}

/// Whether `&` in the text of this control marks a letter.
pub(super) fn has_letter(control: &Control) -> bool {
    matches!(control.kind, Kind::Button(_))
        || matches!(control.id, Id::GroupsLabel | Id::ItemsLabel | Id::TextLabel | Id::PathLabel)
}

/// Measures text as it will be drawn.
pub(super) struct Measure<'a> {
    window: HWND,
    context: HDC,
    fonts: &'a Fonts,
}

impl<'a> Measure<'a> {
    pub(super) fn new(window: HWND, fonts: &'a Fonts) -> Self {
        // SAFETY: given back in `drop`.
        Self { window, context: unsafe { GetDC(window) }, fonts }
    }
}

impl Ruler for Measure<'_> {
    fn text(&self, control: &Control, width: i32) -> (i32, i32) {
        let text = wide(&control.text);
        let mut area = RECT { left: 0, top: 0, right: width, bottom: 0 };
        let prefix = if has_letter(control) { 0 } else { DT_NOPREFIX };
        // SAFETY: text and rectangle outlive the call; the font stays while the context is used.
        unsafe {
            SelectObject(self.context, self.fonts.of(&control.kind) as HGDIOBJ);
            DrawTextW(self.context, text.as_ptr(), -1, &raw mut area, DT_CALCRECT | DT_WORDBREAK | prefix);
        }
        (area.right, area.bottom)
    }
}

impl Drop for Measure<'_> {
    fn drop(&mut self) {
        // SAFETY: got in `new`.
        unsafe { ReleaseDC(self.window, self.context) };
    }
}
