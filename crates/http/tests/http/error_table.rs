//! `docs/ERRORS.md` tells of every code.

use std::path::Path;

use http_api::Code;

/// The first three cells of each row: status, code, title.
fn rows(table: &str) -> Vec<[String; 3]> {
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let cells = rows.map(|row| row.split(" | ").map(str::to_owned).collect::<Vec<_>>());
    let coded = cells.filter(|cells| cells[0].parse::<u16>().is_ok());
    coded
        .map(|cells| {
            assert_eq!(cells.len(), 5, "status, code, title, when, what to do: {cells:?}");
            assert!(cells.iter().all(|cell| !cell.trim().is_empty()), "{cells:?}");
            [cells[0].clone(), cells[1].trim_matches('`').to_owned(), cells[2].clone()]
        })
        .collect()
}

#[test]
fn the_table_has_a_row_for_every_code_in_its_order() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ERRORS.md");
    let table = rows(&std::fs::read_to_string(path).unwrap());
    let row =
        |code: Code| [code.status().as_u16().to_string(), code.name().to_owned(), code.title().to_owned()];
    assert_eq!(table, Code::ALL.map(row));
}
