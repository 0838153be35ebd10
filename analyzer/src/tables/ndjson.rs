//! A table as NDJSON: one object a row, empty cells as `null`.

use std::io::{self, Write};

use serde::ser::{SerializeMap as _, Serializer as _};

use super::{Cell, Column, Row, Table};

/// An NDJSON file in the making.
pub(super) struct Ndjson<W> {
    out: W,
    columns: &'static [Column],
}

impl<W: Write> Ndjson<W> {
    pub(super) fn new(out: W, columns: &'static [Column]) -> Self {
        Self { out, columns }
    }
}

impl<W: Write> Table for Ndjson<W> {
    fn add(&mut self, rows: Vec<Row>) -> io::Result<()> {
        for row in rows {
            let mut serializer = serde_json::Serializer::new(&mut self.out);
            let mut map = serializer.serialize_map(Some(self.columns.len()))?;
            for (column, cell) in self.columns.iter().zip(&row) {
                match cell {
                    Cell::Text(text) => map.serialize_entry(column.name, text)?,
                    Cell::Number(number) => map.serialize_entry(column.name, number)?,
                    Cell::Empty => map.serialize_entry(column.name, &())?,
                }
            }
            map.end()?;
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }
}
