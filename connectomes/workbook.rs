//! Workbooks of all programs as sheets of cells: .xlsx and .xlsb, whose cells calamine streams, .xls and .ods.

use calamine::{DataRef, Reader, SheetVisible, Xlsb, Xlsx, XlsxError};

use super::Reading;
use super::archive::Archive;
use super::ods;
use super::sheet::Sheet;
use super::source::{ReadSeek, Source};
use super::xls::Xls;
use crate::error::{Error, Result};
use crate::files::guarded;

/// Sheets that are looked into at most.
const MOST: usize = 1000;

/// An open workbook.
pub(super) struct Workbook<'a> {
    pub source: &'a Source,
    /// Names of the sheets, and whether they are shown.
    sheets: Vec<(String, bool)>,
    book: Book<'a>,
}

enum Book<'a> {
    Xlsx(Box<Xlsx<Box<dyn ReadSeek + 'a>>>),
    Xlsb(Box<Xlsb<Box<dyn ReadSeek + 'a>>>),
    Xls(Xls),
    Ods(Vec<Sheet>),
}

impl<'a> Workbook<'a> {
    /// Opens a workbook of any program by its content; the ending of its name says nothing.
    pub fn open(source: &'a Source) -> Result<Workbook<'a>> {
        if !source.head()?.starts_with(b"PK") {
            let xls = Xls::open(source)?;
            return Ok(Workbook { source, sheets: xls.sheets().collect(), book: Book::Xls(xls) });
        }
        let mut archive = Archive::open(source)?;
        let names = archive.names();
        let has = |wanted: &str| names.iter().any(|name| name == wanted);
        if has("content.xml") {
            let sheets = ods::read(&mut archive)?;
            let listed = sheets.iter().map(|(sheet, shown)| (sheet.name.clone(), *shown)).collect();
            let sheets = sheets.into_iter().map(|(sheet, _)| sheet).collect();
            return Ok(Workbook { source, sheets: listed, book: Book::Ods(sheets) });
        }
        let failed = |e| source.error(format!("it is not a workbook that can be read ({e}); save it again as .xlsx"));
        if has("xl/workbook.bin") {
            archive.check_all(check_records)?;
            let content = archive.into_inner()?;
            let book = guarded(|| Xlsb::new(content)).map_err(failed)?;
            return Ok(Workbook { source, sheets: listed_sheets(&book), book: Book::Xlsb(Box::new(book)) });
        }
        archive.check_all(check_counts)?;
        let content = archive.into_inner()?;
        let book = guarded(|| Xlsx::new(content)).map_err(failed)?;
        Ok(Workbook { source, sheets: listed_sheets(&book), book: Book::Xlsx(Box::new(book)) })
    }

    /// Names of all sheets.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sheets.iter().map(|(name, _)| name.as_str())
    }

    /// Names of the sheets that are not hidden.
    pub fn shown(&self, reading: &mut Reading) -> Result<Vec<String>> {
        let shown: Vec<String> = self.sheets.iter().filter(|(_, shown)| *shown).map(|(name, _)| name.clone()).collect();
        if shown.len() < self.sheets.len() {
            reading.guess("hidden sheets are not meant", "sheet = \"...\"");
        }
        match shown.len() {
            0 => Err(self.source.error("it has no sheets that are not hidden")),
            1..=MOST => Ok(shown),
            _ => Err(self.source.error(format!("it has more than {MOST} sheets; say sheet = \"...\""))),
        }
    }

    /// A sheet that must be there and hold something.
    pub fn sheet(&mut self, name: &str) -> Result<Sheet> {
        if !self.names().any(|n| n == name) {
            let names: Vec<&str> = self.names().collect();
            return Err(Error::unknown("sheet", name, self.source.path.display().to_string(), &names));
        }
        let sheet = self.filled(name)?;
        sheet.ok_or_else(|| self.source.error(format!("sheet '{name}' is empty; say sheet = \"...\" for another one")))
    }

    /// A sheet, unless it is empty.
    pub fn filled(&mut self, name: &str) -> Result<Option<Sheet>> {
        let mut sheet = Sheet::new(name);
        let read = match &mut self.book {
            Book::Xlsx(book) => guarded(|| read_xlsx(book, &mut sheet)),
            Book::Xlsb(book) => guarded(|| -> Result<(), calamine::XlsbError> {
                let mut reader = book.worksheet_cells_reader(name)?;
                while let Some(cell) = reader.next_cell()? {
                    sheet.add(cell.get_position(), cell.get_value());
                }
                Ok(())
            }),
            Book::Xls(book) => book.read(&mut sheet).map_err(str::to_owned),
            Book::Ods(sheets) => {
                sheet = sheets.iter().find(|sheet| sheet.name == name).cloned().unwrap_or_default();
                Ok(())
            }
        };
        read.map_err(|e| self.source.error(format!("sheet '{name}' cannot be read ({e}); save it again as .xlsx")))?;
        Ok(Some(sheet).filter(|sheet| !sheet.is_empty()))
    }
}

/// The sheets of a book by name, and whether each is visible.
fn listed_sheets<'a, B: Reader<Box<dyn ReadSeek + 'a>>>(book: &B) -> Vec<(String, bool)> {
    let shown = |sheet: &calamine::Sheet| sheet.visible == SheetVisible::Visible;
    book.sheets_metadata().iter().map(|sheet| (sheet.name.clone(), shown(sheet))).collect()
}

/// Streams the cells of a sheet; formulas that were never calculated are remembered, to be refused later.
fn read_xlsx(book: &mut Xlsx<Box<dyn ReadSeek + '_>>, sheet: &mut Sheet) -> Result<(), XlsxError> {
    let mut reader = match book.worksheet_cells_reader(&sheet.name) {
        // A sheet that is a chart has no cells.
        Err(XlsxError::NotAWorksheet(_)) => return Ok(()),
        reader => reader?,
    };
    while let Some(cell) = reader.next_cell_with_formula_metadata()? {
        if cell.formula.is_some() && cell.value == DataRef::Empty {
            sheet.uncalculated.insert(cell.pos);
        }
        sheet.add(cell.pos, &cell.value);
    }
    Ok(())
}

/// Refuses a table of strings that declares more entries than fit in it (`<si/>` has five bytes): the reader of workbooks
/// reserves room for all of them.
fn check_counts(member: &Source, content: &[u8]) -> Result<()> {
    const WORD: &[u8] = b"uniqueCount";
    for (at, _) in content.windows(WORD.len()).enumerate().filter(|(_, word)| *word == WORD) {
        let after = content[at + WORD.len()..].iter().skip_while(|b| !b.is_ascii_digit() && **b != b'>');
        let digits: Vec<u8> = after.copied().take_while(u8::is_ascii_digit).collect();
        let count = std::str::from_utf8(&digits).ok().filter(|d| !d.is_empty()).map(|d| d.parse::<u64>());
        if count.is_some_and(|c| c.map_or(true, |c| c > content.len() as u64 / 5)) {
            return Err(member.error("it declares more strings than fit in it; save the workbook again"));
        }
    }
    Ok(())
}

/// Refuses, in a sheet of an .xlsb, a record that is longer than the sheet, for which the reader makes room, and cells
/// that the reader passes over: formulas that end as an error, and texts in several fonts.
fn check_records(member: &Source, content: &[u8]) -> Result<()> {
    if !member.path.to_string_lossy().contains("xl/worksheets/") || member.path.extension().is_none_or(|e| e != "bin") {
        return Ok(());
    }
    const PASSED_OVER: [(u64, &str); 2] =
        [(0x0b, "a formula of it ends as an error (#DIV/0! and the like)"), (0x3e, "a cell of it has several fonts")];
    let mut at = 0;
    // Numbers of seven bits a byte, two for the kind of a record and up to four for its length.
    let number = |at: &mut usize, most: u32| {
        let mut value = 0;
        for place in 0..most {
            let byte = *content.get(*at)?;
            *at += 1;
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                break;
            }
        }
        Some(value)
    };
    while let Some((kind, length)) = number(&mut at, 2).and_then(|kind| Some((kind, number(&mut at, 4)?))) {
        if length > (content.len() - at) as u64 {
            return Err(member.error("a record of it is cut off; save the workbook again"));
        }
        if let Some((_, what)) = PASSED_OVER.iter().find(|(passed, _)| *passed == kind) {
            return Err(member.error(format!("{what}, which is not read from .xlsb; save it as .xlsx")));
        }
        at += length as usize;
    }
    Ok(())
}
