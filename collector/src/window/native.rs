#![expect(unsafe_code, reason = "a Win32 window")]
//! The window on Windows: one top-level window with the system's own controls, its messages, and the loop. Owns passing
//! what happens to the model and showing what the model says; decides nothing. With its sub-modules the only `unsafe`
//! code outside `host/windows`.

pub(super) mod console;
mod controls;
mod fonts;
mod shell;

use std::{
    cell::{Cell, RefCell},
    ptr::{null, null_mut},
    sync::mpsc,
};

use windows_sys::Win32::{
    Foundation::{HWND, LPARAM, LRESULT, RECT, WPARAM},
    Graphics::Gdi::{
        COLOR_BTNFACE, COLOR_WINDOW, COLOR_WINDOWTEXT, FillRect, GetSysColor, GetSysColorBrush, HDC, InvalidateRect,
        SetBkColor, SetTextColor,
    },
    System::LibraryLoader::GetModuleHandleW,
    UI::{
        Controls::{
            ICC_LISTVIEW_CLASSES, ICC_PROGRESS_CLASS, ICC_STANDARD_CLASSES, INITCOMMONCONTROLSEX, InitCommonControlsEx,
            NMHDR,
        },
        Input::KeyboardAndMouse::{GetFocus, GetKeyState, SetFocus, VK_ESCAPE, VK_RETURN, VK_SHIFT, VK_TAB},
        WindowsAndMessaging::{
            AdjustWindowRectEx, BN_CLICKED, CW_USEDEFAULT, CreateWindowExW, DM_GETDEFID, DefWindowProcW, DestroyWindow,
            DispatchMessageW, GetClientRect, GetMessageW, GetNextDlgTabItem, IDC_ARROW, IDCANCEL, IDOK,
            IsDialogMessageW, LBN_SELCHANGE, LoadCursorW, LoadIconW, MINMAXINFO, MSG, PostMessageW, PostQuitMessage,
            RegisterClassExW, SW_SHOW, SWP_NOACTIVATE, SWP_NOZORDER, SetWindowPos, ShowWindow, TranslateMessage,
            WA_INACTIVE, WM_ACTIVATE, WM_APP, WM_CLOSE, WM_COMMAND, WM_CTLCOLORBTN, WM_CTLCOLORSTATIC, WM_DESTROY,
            WM_DPICHANGED, WM_ERASEBKGND, WM_GETMINMAXINFO, WM_KEYDOWN, WM_NOTIFY, WM_SETFOCUS, WM_SIZE, WNDCLASSEXW,
            WS_CLIPCHILDREN, WS_EX_CONTROLPARENT, WS_OVERLAPPEDWINDOW,
        },
    },
};

use self::{controls::Controls, fonts::Fonts};
use super::{
    Errand,
    clerk::{Clerk, Report},
    layout,
    model::{Model, Outside, Press},
    page::{Id, Kind, Page},
};
use crate::{
    error::{Error, Result},
    host::windows::wide,
    messages::Messages,
};

/// A report of the clerk is waiting.
const REPORTED: u32 = WM_APP + 1;
/// Something was pressed; what is in the queue.
const PRESSED: u32 = WM_APP + 2;
/// `DC_HASDEFID`
const HAS_DEFAULT: isize = 0x534B;

/// What the window works with.
struct App {
    window: HWND,
    model: Model,
    clerk: Clerk,
    reports: mpsc::Receiver<Report>,
    shown: Option<Page>,
    controls: Controls,
    fonts: Fonts,
    dpi: i32,
    /// Who had the keys when the window was left.
    focus: HWND,
}

thread_local! {
    static APP: RefCell<Option<App>> = const { RefCell::new(None) };
    static PRESSES: RefCell<Vec<Press>> = const { RefCell::new(Vec::new()) };
    static DPI: Cell<i32> = const { Cell::new(96) };
}

/// Opens the window and returns when it is closed.
pub(super) fn run(errand: Box<dyn Errand>, messages: Messages) -> Result<()> {
    let (model, first) = Model::new(messages);
    console::leave();
    let window = create(&model.title()).ok_or(Error::NoWindow)?;
    let dpi = fonts::dpi(window);
    DPI.set(dpi);
    place(window, dpi);
    let (send, reports) = mpsc::channel();
    let address = window as isize;
    let tell = move |report| {
        let _ = send.send(report);
        // SAFETY: posting to a window that may be gone is refused, not undefined.
        unsafe { PostMessageW(address as HWND, REPORTED, 0, 0) };
    };
    let clerk = Clerk::hire(errand, tell).map_err(|_| Error::NoWindow)?;
    let fonts = Fonts::new(dpi);
    let controls = Controls::default();
    let focus = null_mut();
    APP.set(Some(App { window, model, clerk, reports, shown: None, controls, fonts, dpi, focus }));
    with_app(|app| {
        app.outside(Some(first));
        app.refresh();
    });
    // SAFETY: the window is this thread's.
    unsafe { ShowWindow(window, SW_SHOW) };
    pump(window);
    APP.set(None);
    Ok(())
}

/// The hidden window, without a size yet.
fn create(title: &str) -> Option<HWND> {
    let (class, title) = (wide("koff-collect"), wide(title));
    let controls = INITCOMMONCONTROLSEX {
        dwSize: size_of::<INITCOMMONCONTROLSEX>() as u32,
        dwICC: ICC_LISTVIEW_CLASSES | ICC_PROGRESS_CLASS | ICC_STANDARD_CLASSES,
    };
    // SAFETY: structures and names outlive the calls; the procedure has the signature that Windows calls it with.
    unsafe {
        InitCommonControlsEx(&raw const controls);
        let module = GetModuleHandleW(null());
        let icon = LoadIconW(module, std::ptr::without_provenance(1));
        let class_data = WNDCLASSEXW {
            cbSize: size_of::<WNDCLASSEXW>() as u32,
            style: 0,
            lpfnWndProc: Some(procedure),
            cbClsExtra: 0,
            cbWndExtra: 0,
            hInstance: module,
            hIcon: icon,
            hCursor: LoadCursorW(null_mut(), IDC_ARROW),
            hbrBackground: null_mut(),
            lpszMenuName: null(),
            lpszClassName: class.as_ptr(),
            hIconSm: icon,
        };
        RegisterClassExW(&raw const class_data);
        let (style, extended) = (WS_OVERLAPPEDWINDOW | WS_CLIPCHILDREN, WS_EX_CONTROLPARENT);
        let (any, size) = (CW_USEDEFAULT, layout::FIRST);
        let window = CreateWindowExW(
            extended,
            class.as_ptr(),
            title.as_ptr(),
            style,
            any,
            any,
            size.0,
            size.1,
            null_mut(),
            null_mut(),
            module,
            null(),
        );
        (!window.is_null()).then_some(window)
    }
}

/// Outer size for an inside of `inner` at 96 dots per inch.
fn outer(inner: (i32, i32), dpi: i32) -> (i32, i32) {
    let mut area = RECT { left: 0, top: 0, right: layout::scaled(inner.0, dpi), bottom: layout::scaled(inner.1, dpi) };
    // SAFETY: the rectangle is written in place.
    unsafe { AdjustWindowRectEx(&raw mut area, WS_OVERLAPPEDWINDOW, 0, WS_EX_CONTROLPARENT) };
    (area.right - area.left, area.bottom - area.top)
}

/// First size, in the middle of what the task bar leaves free, never larger than that.
fn place(window: HWND, dpi: i32) {
    let free = fonts::free_area();
    let (width, height) = outer(layout::FIRST, dpi);
    let (width, height) = (width.min(free.right - free.left), height.min(free.bottom - free.top));
    let (left, top) = ((free.left + free.right - width) / 2, (free.top + free.bottom - height) / 2);
    // SAFETY: plain call on this thread's window.
    unsafe { SetWindowPos(window, null_mut(), left, top, width, height, SWP_NOZORDER | SWP_NOACTIVATE) };
}

/// Takes messages until the window is gone.
fn pump(window: HWND) {
    // SAFETY: `MSG` may be all zeros, is written by `GetMessageW` and read only after it.
    unsafe {
        let mut message: MSG = std::mem::zeroed();
        while GetMessageW(&raw mut message, null_mut(), 0, 0) > 0 {
            if !key_of_a_field(window, &message) && IsDialogMessageW(window, &raw const message) == 0 {
                TranslateMessage(&raw const message);
                DispatchMessageW(&raw const message);
            }
        }
    }
}

/// A field of several lines keeps Tab, Esc and Enter for itself; here they mean what they mean everywhere else.
fn key_of_a_field(window: HWND, message: &MSG) -> bool {
    let in_field = || with_app(|app| app.controls.handle(Id::Text) == Some(message.hwnd)).unwrap_or(false);
    if message.message != WM_KEYDOWN || !in_field() {
        return false;
    }
    match u16::try_from(message.wParam).unwrap_or_default() {
        // SAFETY: plain calls on windows of this thread.
        VK_TAB => unsafe {
            let back = i32::from(GetKeyState(i32::from(VK_SHIFT)) < 0);
            SetFocus(GetNextDlgTabItem(window, message.hwnd, back));
        },
        VK_ESCAPE => press(window, Press::Escape),
        VK_RETURN => press(window, Press::Enter),
        _ => return false,
    }
    true
}

/// Runs `action` on the window's state; not where a message comes while the state is in use already.
fn with_app<T>(action: impl FnOnce(&mut App) -> T) -> Option<T> {
    APP.with(|app| app.try_borrow_mut().ok().and_then(|mut app| app.as_mut().map(action)))
}

/// Puts a press into the queue: a button must not be taken away while it tells of its click.
fn press(window: HWND, press: Press) {
    PRESSES.with_borrow_mut(|presses| presses.push(press));
    // SAFETY: plain call.
    unsafe { PostMessageW(window, PRESSED, 0, 0) };
}

impl App {
    /// Does what the model wants done outside of it.
    fn outside(&mut self, outside: Option<Outside>) {
        match outside {
            None => {}
            Some(Outside::Clerk(order)) => self.clerk.order(order),
            Some(Outside::Folder(path)) => shell::show(&path),
            Some(Outside::Copy(text)) => shell::copy(self.window, &text),
            // SAFETY: this thread's window.
            Some(Outside::Quit) => unsafe {
                DestroyWindow(self.window);
            },
        }
    }

    /// Brings the controls to what the model says.
    fn refresh(&mut self) {
        let page = self.model.page();
        if self.shown.as_ref() == Some(&page) {
            return;
        }
        let other = self.shown.as_ref().is_none_or(|shown| shown.name != page.name);
        if other {
            self.controls.build(self.window, &page, &self.fonts);
        } else if let Some(shown) = &self.shown {
            self.controls.update(shown, &page);
        }
        self.shown = Some(page);
        self.arrange();
        if let Some(page) = self.shown.as_ref().filter(|_| other) {
            self.controls.focus(page.focus);
        }
    }

    /// Puts every control into its place.
    fn arrange(&self) {
        let Some(page) = &self.shown else { return };
        let mut area = RECT::default();
        // SAFETY: plain calls on this thread's window.
        unsafe {
            GetClientRect(self.window, &raw mut area);
            let ruler = fonts::Measure::new(self.window, &self.fonts);
            let places = layout::places(page, area.right, area.bottom, self.dpi, &ruler);
            self.controls.place(page, &places, self.dpi);
            InvalidateRect(self.window, null(), 1);
        }
    }

    fn rescaled(&mut self, dpi: i32, area: &RECT) {
        self.dpi = dpi;
        DPI.set(dpi);
        self.fonts = Fonts::new(dpi);
        self.controls.set_fonts(self.shown.as_ref(), &self.fonts);
        let (width, height) = (area.right - area.left, area.bottom - area.top);
        // SAFETY: plain call on this thread's window.
        unsafe { SetWindowPos(self.window, null_mut(), area.left, area.top, width, height, SWP_NOZORDER) };
        self.arrange();
    }
}

unsafe extern "system" fn procedure(window: HWND, message: u32, wide: WPARAM, long: LPARAM) -> LRESULT {
    // SAFETY: each pointer that a message carries is valid while it is handled.
    unsafe {
        match message {
            WM_COMMAND => command(window, wide),
            WM_NOTIFY => notified(window, long),
            PRESSED => {
                let presses = PRESSES.take();
                with_app(|app| {
                    for press in presses {
                        let outside = app.model.press(press);
                        app.outside(outside);
                    }
                    app.refresh();
                });
            }
            REPORTED => {
                with_app(|app| {
                    while let Ok(report) = app.reports.try_recv() {
                        let outside = app.model.hear(report);
                        app.outside(outside);
                    }
                    app.refresh();
                });
            }
            WM_CLOSE => press(window, Press::Leave),
            WM_DESTROY => PostQuitMessage(0),
            WM_SIZE => {
                with_app(|app| app.arrange());
            }
            WM_DPICHANGED => {
                let area = *(long as *const RECT);
                let dpi = i32::try_from(wide & 0xffff).unwrap_or(96);
                with_app(|app| app.rescaled(dpi, &area));
            }
            WM_GETMINMAXINFO => {
                let (width, height) = outer(layout::SMALLEST, DPI.get());
                let least = &mut (*(long as *mut MINMAXINFO)).ptMinTrackSize;
                (least.x, least.y) = (width, height);
            }
            WM_ACTIVATE if wide & 0xffff == WA_INACTIVE as usize => {
                with_app(|app| app.focus = GetFocus());
            }
            WM_SETFOCUS => {
                with_app(|app| SetFocus(app.focus));
            }
            WM_CTLCOLORSTATIC => {
                let context = wide as HDC;
                SetTextColor(context, GetSysColor(COLOR_WINDOWTEXT));
                SetBkColor(context, GetSysColor(COLOR_WINDOW));
                return GetSysColorBrush(COLOR_WINDOW) as LRESULT;
            }
            WM_CTLCOLORBTN => return GetSysColorBrush(COLOR_BTNFACE) as LRESULT,
            WM_ERASEBKGND => {
                erase(window, wide as HDC);
                return 1;
            }
            DM_GETDEFID => return default_button(),
            _ => return DefWindowProcW(window, message, wide, long),
        }
        0
    }
}

/// The inside like a sheet of paper, the foot like the system's dialogs.
fn erase(window: HWND, context: HDC) {
    let mut area = RECT::default();
    // SAFETY: the context is the one handed over for this.
    unsafe {
        GetClientRect(window, &raw mut area);
        let foot = area.bottom - layout::foot(DPI.get());
        FillRect(context, &RECT { bottom: foot, ..area }, GetSysColorBrush(COLOR_WINDOW));
        FillRect(context, &RECT { top: foot, ..area }, GetSysColorBrush(COLOR_BTNFACE));
    }
}

fn default_button() -> LRESULT {
    let default = with_app(|app| app.shown.as_ref().and_then(|page| page.default)).flatten();
    default.map_or(0, |id| HAS_DEFAULT << 16 | id as isize)
}

/// A button, a key that the system made a button of, or a line of a list box.
fn command(window: HWND, wide: WPARAM) {
    let (number, code) = ((wide & 0xffff) as i32, (wide >> 16 & 0xffff) as u32);
    match (number, Id::from_number(wide & 0xffff)) {
        (IDOK, _) => press(window, Press::Enter),
        (IDCANCEL, _) => press(window, Press::Escape),
        (_, Some(Id::Items)) if code == LBN_SELCHANGE => {
            if let Some(place) = with_app(|app| app.controls.chosen_line()).flatten() {
                press(window, Press::Choose(place));
            }
        }
        (_, Some(id)) if code == BN_CLICKED && is_button(id) => press(window, Press::Button(id)),
        _ => {}
    }
}

fn is_button(id: Id) -> bool {
    let kind = |page: &Page| page.controls.iter().any(|c| c.id == id && matches!(c.kind, Kind::Button(_)));
    with_app(|app| app.shown.as_ref().is_some_and(kind)).unwrap_or(false)
}

/// A tick or a choice in the list of groups.
///
/// # Safety
/// `long` is the pointer that `WM_NOTIFY` carries.
unsafe fn notified(window: HWND, long: LPARAM) {
    // SAFETY: every notification begins with this header; the list's own ones are read as what their code says.
    unsafe {
        let header = &*(long as *const NMHDR);
        if Id::from_number(header.idFrom) == Some(Id::Groups) {
            for happened in controls::groups_changed(header) {
                press(window, happened);
            }
        }
    }
}
