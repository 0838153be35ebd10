//! Where the controls of a page stand in a window of a given size: from top to bottom, what can grow takes the rest, the
//! buttons in the foot. Works in pixels of the given scale; draws nothing.

use super::page::{Control, Id, Kind, Page, Side};

/// A place in the window, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// How the window measures text.
pub(super) trait Ruler {
    /// Width and height of a control's text that wraps at `width`.
    fn text(&self, control: &Control, width: i32) -> (i32, i32);
}

/// Sizes at 96 dots per inch.
const MARGIN: i32 = 18;
const GAP: i32 = 10;
/// Between a label and what it names.
const NEAR: i32 = 4;
const BUTTON_WIDTH: i32 = 92;
const BUTTON_HEIGHT: i32 = 28;
const BUTTON_SIDES: i32 = 30;
const FOOT_MARGIN: i32 = 12;
const LINE_HEIGHT: i32 = 26;
const BAR_HEIGHT: i32 = 18;
/// What can grow is never lower than this.
const LOWEST: i32 = 72;

/// Size of the window's inside at first, at 96 dots per inch.
pub(super) const FIRST: (i32, i32) = (800, 560);
/// And the smallest.
pub(super) const SMALLEST: (i32, i32) = (560, 420);

/// `units` of 1/96 inch in pixels.
pub(super) fn scaled(units: i32, dpi: i32) -> i32 {
    i32::try_from(i64::from(units) * i64::from(dpi) / 96).unwrap_or(i32::MAX)
}

/// Height of the foot.
pub(super) fn foot(dpi: i32) -> i32 {
    scaled(BUTTON_HEIGHT + 2 * FOOT_MARGIN, dpi)
}

/// A place for every control of `page`.
pub(super) fn places(page: &Page, width: i32, height: i32, dpi: i32, ruler: &dyn Ruler) -> Vec<(Id, Place)> {
    let unit = |units| scaled(units, dpi);
    let inner = width - 2 * unit(MARGIN);
    let body: Vec<&Control> = page.controls.iter().filter(|c| !matches!(c.kind, Kind::Button(_))).collect();
    let heights: Vec<Option<i32>> = body
        .iter()
        .map(|control| match control.kind {
            Kind::Heading | Kind::Text if control.text.is_empty() => Some(0),
            Kind::Heading | Kind::Text => Some(ruler.text(control, inner).1),
            Kind::Line => Some(unit(LINE_HEIGHT)),
            Kind::Bar(..) => Some(unit(BAR_HEIGHT)),
            Kind::Ticks(..) | Kind::Choice(_) | Kind::Reading | Kind::Button(_) => None,
        })
        .collect();
    let gaps: i32 = body.iter().map(|control| gap(control, dpi)).sum();
    let fixed: i32 = heights.iter().flatten().sum::<i32>() + gaps + 2 * unit(MARGIN) - unit(GAP);
    let shares: i32 = body.iter().zip(&heights).filter(|(_, h)| h.is_none()).map(|(control, _)| share(control)).sum();
    let rest = height - foot(dpi) - fixed;
    let mut top = unit(MARGIN);
    let mut found = Vec::new();
    for (control, height) in body.iter().zip(heights) {
        let height = height.unwrap_or_else(|| (rest * share(control) / shares.max(1)).max(unit(LOWEST)));
        found.push((control.id, Place { left: unit(MARGIN), top, width: inner, height }));
        top += height + gap(control, dpi);
    }
    found.extend(buttons(page, width, height, dpi, ruler));
    found
}

/// What is free below a control. An empty text takes no room.
fn gap(control: &Control, dpi: i32) -> i32 {
    let label = matches!(control.id, Id::GroupsLabel | Id::ItemsLabel | Id::TextLabel | Id::PathLabel);
    match control.kind {
        Kind::Text if control.text.is_empty() => 0,
        _ if label => scaled(NEAR, dpi),
        _ => scaled(GAP, dpi),
    }
}

/// A text to read is worth two of a list to choose from.
fn share(control: &Control) -> i32 {
    if control.kind == Kind::Reading { 2 } else { 1 }
}

fn buttons(page: &Page, width: i32, height: i32, dpi: i32, ruler: &dyn Ruler) -> Vec<(Id, Place)> {
    let unit = |units| scaled(units, dpi);
    let top = height - foot(dpi) + unit(FOOT_MARGIN);
    let size = |control: &Control| (ruler.text(control, width).0 + unit(BUTTON_SIDES)).max(unit(BUTTON_WIDTH));
    let of = |side: Side| page.controls.iter().filter(move |control| control.kind == Kind::Button(side));
    let mut found = Vec::new();
    let mut left = unit(MARGIN);
    for control in of(Side::Left) {
        let place = Place { left, top, width: size(control), height: unit(BUTTON_HEIGHT) };
        left += place.width + unit(GAP);
        found.push((control.id, place));
    }
    let mut right = width - unit(MARGIN);
    let from_the_right: Vec<&Control> = of(Side::Right).collect();
    for control in from_the_right.into_iter().rev() {
        let place = Place { left: right - size(control), top, width: size(control), height: unit(BUTTON_HEIGHT) };
        right = place.left - unit(GAP);
        found.push((control.id, place));
    }
    found
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Letters of 7 by 16 at 96 dots per inch, the heading twice that.
    pub(in super::super) struct Letters(pub(in super::super) i32);

    impl Ruler for Letters {
        fn text(&self, control: &Control, width: i32) -> (i32, i32) {
            let factor = if control.kind == Kind::Heading { 2 } else { 1 };
            let (wide, high) = (scaled(7 * factor, self.0), scaled(16 * factor, self.0));
            let all = i32::try_from(control.text.chars().count()).unwrap() * wide;
            (all.min(width), high * (all / width + 1))
        }
    }

    /// Everything is inside, nothing overlaps.
    pub(in super::super) fn assert_fits(page: &Page, dpi: i32, (width, height): (i32, i32)) {
        let (width, height) = (scaled(width, dpi), scaled(height, dpi));
        let places = places(page, width, height, dpi, &Letters(dpi));
        assert_eq!(places.len(), page.controls.len());
        for (number, (id, place)) in places.iter().enumerate() {
            let Place { left, top, width: w, height: h } = *place;
            let inside = left >= 0 && top >= 0 && left + w <= width && top + h <= height;
            assert!(inside, "{}: {id:?} {place:?} is not in {width} x {height} at {dpi}", page.name);
            for (other, there) in places.iter().skip(number + 1) {
                let apart = left + w <= there.left
                    || there.left + there.width <= left
                    || top + h <= there.top
                    || there.top + there.height <= top;
                assert!(apart || h == 0 || there.height == 0, "{}: {id:?} and {other:?} overlap at {dpi}", page.name);
            }
        }
    }
}
