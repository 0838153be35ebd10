#![expect(unsafe_code, reason = "GDI pictures of windows")]
//! Pictures of Outlook's foremost window and of the icons beside the clock. A window that hangs is photographed off the
//! screen, and only where nothing else covers it: other programs are nobody's business.

use std::ptr::null_mut;

use windows_sys::{
    Win32::{
        Foundation::{HWND, LPARAM, POINT, RECT},
        Graphics::Gdi::{
            BI_RGB, BITMAPINFO, BITMAPINFOHEADER, BitBlt, CreateCompatibleBitmap, CreateCompatibleDC, DIB_RGB_COLORS,
            DeleteDC, DeleteObject, GetDC, GetDIBits, HDC, HGDIOBJ, ReleaseDC, SRCCOPY, SelectObject,
        },
        Storage::Xps::{PRINT_WINDOW_FLAGS, PrintWindow},
        UI::WindowsAndMessaging::{
            EnumWindows, FindWindowExW, FindWindowW, GA_ROOT, GetAncestor, GetWindowRect, GetWindowThreadProcessId,
            IsHungAppWindow, IsIconic, IsWindowVisible, WindowFromPoint,
        },
    },
    core::BOOL,
};

use super::{
    super::{Answer, Picture, Scene, absent},
    processes,
    refusal::failed,
    wide::wide,
};

/// `PW_RENDERFULLCONTENT`: also what the graphics card draws; Windows 8.1 and later, ignored before.
const EVERYTHING: PRINT_WINDOW_FLAGS = 2;

/// Larger than any screen; keeps a window's false size from eating the memory.
const MOST: i32 = 16_384;

/// Points that are asked for what covers them, in each direction.
const GRID: i32 = 12;

/// A picture of `scene`.
pub(super) fn picture(scene: Scene) -> Answer<Picture> {
    match scene {
        Scene::Outlook => {
            let window = outlook().ok_or_else(|| absent("no window of Outlook is open"))?;
            // SAFETY: plain call.
            let asked = if unsafe { IsHungAppWindow(window) } == 0 { shot(window, true) } else { seen(window) };
            match asked {
                // Some windows draw nothing for others (and no window of another program under Wine); the screen has them.
                Ok(picture) if picture.rgb.iter().all(|byte| *byte == 0) => seen(window),
                asked => asked,
            }
        }
        Scene::NotificationArea => {
            let bar = find(null_mut(), "Shell_TrayWnd").ok_or_else(|| absent("this session has no task bar"))?;
            let area = find(bar, "TrayNotifyWnd").ok_or_else(|| absent("the task bar has no notification area"))?;
            seen(area)
        }
    }
}

/// Off the screen, where nothing covers it.
fn seen(window: HWND) -> Answer<Picture> {
    if is_covered(window) {
        return Err(failed("other windows cover it, and those are not photographed"));
    }
    shot(window, false)
}

fn find(parent: HWND, class: &str) -> Option<HWND> {
    let class = wide(class);
    // SAFETY: the class name is NUL-terminated and outlives the call.
    let window = unsafe {
        if parent.is_null() {
            FindWindowW(class.as_ptr(), null_mut())
        } else {
            FindWindowExW(parent, null_mut(), class.as_ptr(), null_mut())
        }
    };
    (!window.is_null()).then_some(window)
}

/// What a walk over the windows looks for.
struct Search {
    processes: Vec<u32>,
    found: Option<HWND>,
}

/// The foremost visible window of a process called OUTLOOK.EXE; Windows lists them from front to back.
fn outlook() -> Option<HWND> {
    let mut search = Search { processes: processes::called("outlook.exe"), found: None };
    // SAFETY: the walk ends before `search` does.
    unsafe { EnumWindows(Some(visit), (&raw mut search) as LPARAM) };
    search.found
}

unsafe extern "system" fn visit(window: HWND, search: LPARAM) -> BOOL {
    // SAFETY: `search` is the one of `outlook`, which waits for the walk.
    let search = unsafe { &mut *(search as *mut Search) };
    let (mut process, shown) = (0, rectangle(window).is_some());
    // SAFETY: plain calls; the number is written in place.
    let visible = unsafe {
        GetWindowThreadProcessId(window, &raw mut process);
        IsWindowVisible(window) != 0 && IsIconic(window) == 0
    };
    if visible && shown && search.processes.contains(&process) {
        search.found = Some(window);
    }
    BOOL::from(search.found.is_none())
}

/// A window's place on the screen; none where it is empty or absurd.
fn rectangle(window: HWND) -> Option<RECT> {
    let mut area = RECT::default();
    // SAFETY: the rectangle is written in place.
    let known = unsafe { GetWindowRect(window, &raw mut area) } != 0;
    let (width, height) = (area.right.checked_sub(area.left)?, area.bottom.checked_sub(area.top)?);
    (known && (8..=MOST).contains(&width) && (8..=MOST).contains(&height)).then_some(area)
}

/// Whether a point of the window shows another program's window.
fn is_covered(window: HWND) -> bool {
    let Some(area) = rectangle(window) else { return true };
    // SAFETY: plain calls.
    let root = |window: HWND| unsafe { GetAncestor(window, GA_ROOT) };
    let own = root(window);
    let step = |from: i32, to: i32, part: i32| from + (to - from) * (2 * part + 1) / (2 * GRID);
    (0..GRID * GRID).any(|number| {
        let (x, y) = (step(area.left, area.right, number % GRID), step(area.top, area.bottom, number / GRID));
        // SAFETY: plain call.
        let there = unsafe { WindowFromPoint(POINT { x, y }) };
        there.is_null() || root(there) != own
    })
}

/// Asks the window to draw itself, or copies its place on the screen.
fn shot(window: HWND, ask: bool) -> Answer<Picture> {
    let area = rectangle(window).ok_or_else(|| failed("the window has no size"))?;
    let (width, height) = (area.right - area.left, area.bottom - area.top);
    // SAFETY: every object made here is given back here; the window may vanish, which the calls report.
    unsafe {
        let screen = GetDC(null_mut());
        let canvas = CreateCompatibleDC(screen);
        let bitmap = CreateCompatibleBitmap(screen, width, height);
        let before = SelectObject(canvas, bitmap as HGDIOBJ);
        let drawn = if ask {
            PrintWindow(window, canvas, EVERYTHING) != 0
        } else {
            BitBlt(canvas, 0, 0, width, height, screen, area.left, area.top, SRCCOPY) != 0
        };
        SelectObject(canvas, before);
        let pixels = if drawn { read(canvas, bitmap as HGDIOBJ, width, height) } else { None };
        DeleteObject(bitmap as HGDIOBJ);
        DeleteDC(canvas);
        ReleaseDC(null_mut(), screen);
        pixels.ok_or_else(|| failed("the window could not be photographed"))
    }
}

/// The pixels of a bitmap.
///
/// # Safety
/// `canvas` and `bitmap` are valid, and the bitmap is in no context.
unsafe fn read(canvas: HDC, bitmap: HGDIOBJ, width: i32, height: i32) -> Option<Picture> {
    // SAFETY: the structure may be all zeros.
    let mut info: BITMAPINFO = unsafe { std::mem::zeroed() };
    info.bmiHeader = BITMAPINFOHEADER {
        biSize: size_of::<BITMAPINFOHEADER>() as u32,
        biWidth: width,
        // Negative: from the top.
        biHeight: -height,
        biPlanes: 1,
        biBitCount: 32,
        biCompression: BI_RGB,
        ..info.bmiHeader
    };
    let (columns, rows) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    let mut bytes = vec![0_u8; usize::try_from(u64::from(columns) * u64::from(rows) * 4).ok()?];
    // SAFETY: the buffer holds as many rows of four bytes a pixel as are asked for.
    let read = unsafe { GetDIBits(canvas, bitmap, 0, rows, bytes.as_mut_ptr().cast(), &raw mut info, DIB_RGB_COLORS) };
    let rgb = bytes.as_chunks::<4>().0.iter().flat_map(|[blue, green, red, _]| [*red, *green, *blue]).collect();
    (read == height).then_some(Picture { width: columns, height: rows, rgb })
}
