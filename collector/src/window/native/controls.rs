#![expect(unsafe_code, reason = "the system's own controls")]
//! The controls of a page as windows of the system: making, filling, placing and reading them. Knows no page by name.

use std::{collections::BTreeMap, ptr::null_mut};

use windows_sys::Win32::{
    Foundation::{HWND, RECT},
    UI::{
        Controls::{
            LVCF_TEXT, LVCF_WIDTH, LVCOLUMNW, LVIF_STATE, LVIF_TEXT, LVIS_FOCUSED, LVIS_SELECTED, LVITEMW,
            LVM_INSERTCOLUMNW, LVM_INSERTITEMW, LVM_SETCOLUMNWIDTH, LVM_SETEXTENDEDLISTVIEWSTYLE, LVM_SETITEMSTATE,
            LVM_SETITEMTEXTW, LVN_ITEMCHANGED, LVS_EX_CHECKBOXES, LVS_EX_DOUBLEBUFFER, LVS_EX_FULLROWSELECT,
            LVS_EX_LABELTIP, LVS_REPORT, LVS_SHOWSELALWAYS, LVS_SINGLESEL, LVSCW_AUTOSIZE, NMHDR, NMLISTVIEW,
            PBM_SETPOS, PBM_SETRANGE32,
        },
        Input::KeyboardAndMouse::{EnableWindow, SetFocus},
        WindowsAndMessaging::{
            BS_DEFPUSHBUTTON, BS_PUSHBUTTON, CreateWindowExW, DestroyWindow, ES_AUTOHSCROLL, ES_AUTOVSCROLL,
            ES_MULTILINE, ES_READONLY, GetClientRect, LB_ADDSTRING, LB_GETCURSEL, LB_SETCURSEL, LB_SETHORIZONTALEXTENT,
            LBS_NOINTEGRALHEIGHT, LBS_NOTIFY, SWP_NOACTIVATE, SWP_NOZORDER, SendMessageW, SetWindowPos, SetWindowTextW,
            WM_SETFONT, WS_BORDER, WS_CHILD, WS_DISABLED, WS_EX_CLIENTEDGE, WS_HSCROLL, WS_TABSTOP, WS_VISIBLE,
            WS_VSCROLL,
        },
    },
};

use super::{
    super::{
        layout::{Place, scaled},
        model::Press,
        page::{Control, Id, Kind, Page},
    },
    fonts::{Fonts, has_letter},
};
use crate::host::windows::wide;

/// `SS_NOPREFIX`: `&` is a character like others.
const PLAIN: u32 = 0x80;

/// The controls that are there.
#[derive(Default)]
pub(super) struct Controls {
    handles: BTreeMap<Id, HWND>,
}

impl Controls {
    /// The window of a control.
    pub(super) fn handle(&self, id: Id) -> Option<HWND> {
        self.handles.get(&id).copied()
    }

    /// Replaces all controls by those of `page`.
    pub(super) fn build(&mut self, parent: HWND, page: &Page, fonts: &Fonts) {
        for handle in std::mem::take(&mut self.handles).into_values() {
            // SAFETY: made below and not taken away since.
            unsafe { DestroyWindow(handle) };
        }
        for control in &page.controls {
            let handle = make(parent, control, page.default == Some(control.id));
            if handle.is_null() {
                continue;
            }
            send(handle, WM_SETFONT, fonts.of(&control.kind) as usize, 1);
            fill(handle, control, page.at);
            self.handles.insert(control.id, handle);
        }
    }

    /// Brings texts and states from those of `old` to those of `new`, which has the same controls.
    pub(super) fn update(&self, old: &Page, new: &Page) {
        for control in &new.controls {
            let Some(handle) = self.handle(control.id) else { continue };
            let before = old.controls.iter().find(|before| before.id == control.id);
            if before.is_none_or(|before| before.text != control.text) {
                set_text(handle, control);
            }
            if before.is_none_or(|before| before.enabled != control.enabled) {
                // SAFETY: the control is there.
                unsafe { EnableWindow(handle, i32::from(control.enabled)) };
            }
            if let Kind::Bar(done, total) = control.kind {
                bar(handle, done, total);
            }
        }
    }

    /// Puts every control into its place.
    pub(super) fn place(&self, page: &Page, places: &[(Id, Place)], dpi: i32) {
        for (id, place) in places {
            let Some(handle) = self.handle(*id) else { continue };
            let Place { left, top, width, height } = *place;
            // SAFETY: the control is there.
            unsafe { SetWindowPos(handle, null_mut(), left, top, width, height, SWP_NOZORDER | SWP_NOACTIVATE) };
            if page.controls.iter().any(|control| control.id == *id && matches!(control.kind, Kind::Ticks(..))) {
                columns(handle, dpi);
            }
        }
    }

    /// Gives every control the font of another scale.
    pub(super) fn set_fonts(&self, page: Option<&Page>, fonts: &Fonts) {
        for control in page.into_iter().flat_map(|page| &page.controls) {
            if let Some(handle) = self.handle(control.id) {
                send(handle, WM_SETFONT, fonts.of(&control.kind) as usize, 1);
            }
        }
    }

    /// Hands the keys to a control.
    pub(super) fn focus(&self, id: Id) {
        if let Some(handle) = self.handle(id) {
            // SAFETY: the control is there.
            unsafe { SetFocus(handle) };
        }
    }

    /// The chosen line of the list of entries.
    pub(super) fn chosen_line(&self) -> Option<usize> {
        usize::try_from(send(self.handle(Id::Items)?, LB_GETCURSEL, 0, 0)).ok()
    }
}

fn send(handle: HWND, message: u32, number: usize, pointer: isize) -> isize {
    // SAFETY: every pointer handed over outlives the call.
    unsafe { SendMessageW(handle, message, number, pointer) }
}

/// The control's window, without content but its text.
fn make(parent: HWND, control: &Control, default: bool) -> HWND {
    let field = WS_TABSTOP | WS_VSCROLL;
    let (class, style, extended) = match &control.kind {
        Kind::Heading | Kind::Text => ("STATIC", if has_letter(control) { 0 } else { PLAIN }, 0),
        Kind::Ticks(..) => {
            ("SysListView32", WS_TABSTOP | LVS_REPORT | LVS_SINGLESEL | LVS_SHOWSELALWAYS, WS_EX_CLIENTEDGE)
        }
        Kind::Choice(_) => {
            ("LISTBOX", field | WS_HSCROLL | LBS_NOTIFY as u32 | LBS_NOINTEGRALHEIGHT as u32, WS_EX_CLIENTEDGE)
        }
        Kind::Reading => ("EDIT", field | (ES_MULTILINE | ES_READONLY | ES_AUTOVSCROLL) as u32, WS_EX_CLIENTEDGE),
        Kind::Line => ("EDIT", WS_TABSTOP | WS_BORDER | (ES_READONLY | ES_AUTOHSCROLL) as u32, 0),
        Kind::Bar(..) => ("msctls_progress32", 0, 0),
        Kind::Button(_) if default => ("BUTTON", WS_TABSTOP | BS_DEFPUSHBUTTON as u32, 0),
        Kind::Button(_) => ("BUTTON", WS_TABSTOP | BS_PUSHBUTTON as u32, 0),
    };
    let disabled = if control.enabled { 0 } else { WS_DISABLED };
    let (class, style) = (wide(class), WS_CHILD | WS_VISIBLE | style | disabled);
    let id = std::ptr::without_provenance_mut(control.id as usize);
    let nothing = null_mut();
    // SAFETY: the names outlive the call; the control's number takes the place of a menu.
    unsafe {
        let text = std::ptr::null();
        CreateWindowExW(extended, class.as_ptr(), text, style, 0, 0, 0, 0, parent, id, nothing, nothing)
    }
}

fn fill(handle: HWND, control: &Control, at: usize) {
    match &control.kind {
        Kind::Ticks(heads, rows) => {
            let looks = LVS_EX_CHECKBOXES | LVS_EX_FULLROWSELECT | LVS_EX_DOUBLEBUFFER | LVS_EX_LABELTIP;
            send(handle, LVM_SETEXTENDEDLISTVIEWSTYLE, 0, looks as isize);
            for (place, head) in heads.iter().enumerate() {
                add_column(handle, place, head);
            }
            for (place, row) in rows.iter().enumerate() {
                add_row(handle, place, &row.cells, row.ticked);
            }
            let chosen = LVIS_SELECTED | LVIS_FOCUSED;
            set_state(handle, at, chosen, chosen);
        }
        Kind::Choice(lines) => {
            for line in lines {
                send(handle, LB_ADDSTRING, 0, wide(line).as_ptr() as isize);
            }
            let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or_default();
            send(handle, LB_SETHORIZONTALEXTENT, longest * 8, 0);
            send(handle, LB_SETCURSEL, at, 0);
        }
        Kind::Bar(done, total) => bar(handle, *done, *total),
        _ => set_text(handle, control),
    }
}

fn set_text(handle: HWND, control: &Control) {
    // A field knows line ends of two characters only, and ends at the first NUL.
    let text = control.text.replace("\r\n", "\n").replace('\n', "\r\n").replace('\0', " ");
    let text = wide(&text);
    // SAFETY: the text outlives the call.
    unsafe { SetWindowTextW(handle, text.as_ptr()) };
}

fn bar(handle: HWND, done: usize, total: usize) {
    send(handle, PBM_SETRANGE32, 0, isize::try_from(total).unwrap_or(1));
    send(handle, PBM_SETPOS, done, 0);
}

fn add_column(list: HWND, place: usize, head: &str) {
    let mut head = wide(head);
    // SAFETY: the structure may be all zeros; its text outlives the call.
    let mut column: LVCOLUMNW = unsafe { std::mem::zeroed() };
    (column.mask, column.cx, column.pszText) = (LVCF_TEXT | LVCF_WIDTH, 100, head.as_mut_ptr());
    send(list, LVM_INSERTCOLUMNW, place, (&raw const column) as isize);
}

fn add_row(list: HWND, place: usize, cells: &[String; 3], ticked: bool) {
    for (column, cell) in cells.iter().enumerate() {
        let mut text = wide(cell);
        // SAFETY: the structure may be all zeros; its text outlives the call.
        let mut item: LVITEMW = unsafe { std::mem::zeroed() };
        item.mask = LVIF_TEXT;
        item.iItem = i32::try_from(place).unwrap_or_default();
        item.iSubItem = i32::try_from(column).unwrap_or_default();
        item.pszText = text.as_mut_ptr();
        let (message, number) = if column == 0 { (LVM_INSERTITEMW, 0) } else { (LVM_SETITEMTEXTW, place) };
        send(list, message, number, (&raw const item) as isize);
    }
    // Picture 1 is the empty box, 2 the ticked one.
    set_state(list, place, (u32::from(ticked) + 1) << 12, 0xF000);
}

fn set_state(list: HWND, place: usize, state: u32, mask: u32) {
    // SAFETY: the structure may be all zeros and outlives the call.
    let mut item: LVITEMW = unsafe { std::mem::zeroed() };
    (item.mask, item.state, item.stateMask) = (LVIF_STATE, state, mask);
    send(list, LVM_SETITEMSTATE, place, (&raw const item) as isize);
}

/// The first and last column as wide as their text, the middle one takes the rest.
fn columns(list: HWND, dpi: i32) {
    let mut area = RECT::default();
    // SAFETY: plain call on a control that is there.
    unsafe { GetClientRect(list, &raw mut area) };
    let set = |column: usize, width: i32| send(list, LVM_SETCOLUMNWIDTH, column, width as isize);
    let get = |column: usize| {
        const LVM_GETCOLUMNWIDTH: u32 = 4125;
        i32::try_from(send(list, LVM_GETCOLUMNWIDTH, column, 0)).unwrap_or_default()
    };
    set(0, LVSCW_AUTOSIZE);
    set(2, LVSCW_AUTOSIZE);
    let last = get(2).max(scaled(90, dpi));
    set(2, last);
    set(1, (area.right - get(0) - last).max(scaled(120, dpi)));
}

/// What happened in the list of groups.
///
/// # Safety
/// `header` is the head of a notification that the list sent.
pub(super) unsafe fn groups_changed(header: &NMHDR) -> Vec<Press> {
    if header.code != LVN_ITEMCHANGED {
        return Vec::new();
    }
    // SAFETY: this code comes with this structure.
    let change = unsafe { &*std::ptr::from_ref(header).cast::<NMLISTVIEW>() };
    let Ok(place) = usize::try_from(change.iItem) else { return Vec::new() };
    let (old, new) = (change.uOldState, change.uNewState);
    let mut happened = Vec::new();
    // The pictures for an empty and a ticked box; without one before, the row is just being made.
    if old >> 12 != new >> 12 && old >> 12 != 0 && new >> 12 != 0 {
        happened.push(Press::Tick(place, new >> 12 == 2));
    }
    if new & LVIS_SELECTED != 0 && old & LVIS_SELECTED == 0 {
        happened.push(Press::Choose(place));
    }
    happened
}
