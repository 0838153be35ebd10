//! A table as a Parquet file: a row group for every so many rows, so that memory does not grow with the table.

use std::{io, io::Write, sync::Arc};

use parquet::{
    data_type::{ByteArray, ByteArrayType, Int64Type},
    errors::ParquetError,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};

use super::{Cell, Column, Row, Table};

/// Rows of a row group.
const GROUP: usize = 20_000;

/// A Parquet file in the making.
pub(super) struct Parquet<W: Write + Send> {
    file: SerializedFileWriter<W>,
    columns: &'static [Column],
    waiting: Vec<Row>,
}

fn failed(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

impl<W: Write + Send> Parquet<W> {
    pub(super) fn new(out: W, columns: &'static [Column]) -> io::Result<Self> {
        let fields = columns.iter().map(|column| match column.number {
            true => format!("optional int64 {};", column.name),
            false => format!("optional binary {} (UTF8);", column.name),
        });
        let schema = format!("message koff {{ {} }}", fields.collect::<String>());
        let schema = Arc::new(parse_message_type(&schema).map_err(failed)?);
        let made_by = concat!("koff-analyze ", env!("CARGO_PKG_VERSION")).to_owned();
        let properties = WriterProperties::builder().set_created_by(made_by).build();
        let file = SerializedFileWriter::new(out, schema, Arc::new(properties)).map_err(failed)?;
        Ok(Self { file, columns, waiting: Vec::new() })
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.file.next_row_group()?;
        for place in 0..self.columns.len() {
            let Some(mut column) = group.next_column()? else { break };
            let cells = || self.waiting.iter().map(|row| row.get(place).unwrap_or(&Cell::Empty));
            let there: Vec<i16> = cells().map(|cell| i16::from(*cell != Cell::Empty)).collect();
            if self.columns.get(place).is_some_and(|column| column.number) {
                let numbers: Vec<i64> =
                    cells().filter_map(|cell| if let Cell::Number(n) = cell { Some(*n) } else { None }).collect();
                column.typed::<Int64Type>().write_batch(&numbers, Some(&there), None)?;
            } else {
                let text = |cell: &Cell| match cell {
                    Cell::Text(text) => Some(ByteArray::from(text.as_str())),
                    Cell::Number(number) => Some(ByteArray::from(number.to_string().as_str())),
                    Cell::Empty => None,
                };
                let texts: Vec<ByteArray> = cells().filter_map(text).collect();
                column.typed::<ByteArrayType>().write_batch(&texts, Some(&there), None)?;
            }
            column.close()?;
        }
        group.close()?;
        self.waiting.clear();
        Ok(())
    }
}

impl<W: Write + Send> Table for Parquet<W> {
    fn add(&mut self, rows: Vec<Row>) -> io::Result<()> {
        self.waiting.extend(rows);
        if self.waiting.len() >= GROUP {
            self.write_group().map_err(failed)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        if !self.waiting.is_empty() {
            self.write_group().map_err(failed)?;
        }
        self.file.close().map_err(failed)?;
        Ok(())
    }
}
