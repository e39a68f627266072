// What all lists can do: filters with counts, order, size, pages, columns.

import assert from "node:assert/strict";

import { flow } from "./lib/flow.mjs";
import { FLOWS } from "./lib/looks.mjs";

const options = { seed: ["--users", "30", "--doctors", "30", "--patients", "30", "--mappings", "40"], patience: 2 };

/** Each list: a head that orders it, a column that is not shown at first, a filter and one of its choices. */
const LISTS = [
    { section: "Patients", head: "Name", column: "Changed", filter: "Gender", choice: "Female" },
    { section: "Doctors", head: "Name", column: "Years", filter: "State", choice: "Retired" },
    { section: "Mappings", head: "Assigned", column: "Notes", filter: "State", choice: "Ended" },
    { section: "Users", head: "User name", column: "Joined", filter: "Role", choice: "Staff" },
];

/** How many records the list says there are. */
async function counted(desk) {
    const text = await desk.page.locator("p.soft").first().innerText();
    return Number(/^([\d,]+) record/.exec(text)[1].replaceAll(",", ""));
}

/** What stands in a column of the list. */
async function column(desk, label) {
    const heads = (await desk.page.locator("thead th").allInnerTexts()).map((text) => text.trim());
    const cells = desk.page.locator(`tbody td:nth-child(${heads.indexOf(label) + 1})`);
    return (await cells.allInnerTexts()).map((text) => text.trim());
}

async function isOrdered(desk, head, order) {
    await desk.page.locator(`th[aria-sort="${order}"]`).waitFor();
    const found = await column(desk, head);
    assert.ok(found.length > 1);
    const key = (text) => text.toLowerCase();
    const sorted = found.toSorted((a, b) => (key(a) < key(b) ? -1 : Number(key(a) > key(b))));
    assert.deepEqual(found, order === "ascending" ? sorted : sorted.reverse(), `${head} ${order}`);
}

for (const { section, head, column: more, filter, choice } of LISTS) {
    const path = `/admin/${section.toLowerCase()}`;

    flow(
        `${section}: filters tell how many records each choice has`,
        FLOWS,
        async (desk) => {
            await desk.go(path);
            await desk.heading(section);
            const labels = await desk.field(filter).locator("option").allInnerTexts();
            assert.ok(
                labels.every((label) => /\(\d[\d,]*\)$/.test(label)),
                labels.join(", "),
            );
            const chosen = labels.find((label) => label.startsWith(`${choice} (`));
            const [, count] = /\((\d+)\)$/.exec(chosen);
            await desk.field(filter).selectOption({ label: chosen });
            await desk.press("Show");
            await desk.page.waitForURL(/=/);
            if (count === "0") {
                await desk.sees("Nothing matches.");
            } else {
                await desk.sees(`${count} record`);
                assert.equal(await counted(desk), Number(count));
            }
            await desk.fits();
        },
        options,
    );

    flow(
        `${section}: the list is ordered, cut to size and turned over, with the columns that were chosen`,
        FLOWS,
        async (desk) => {
            const { page } = desk;
            await desk.go(path);
            await desk.heading(section);
            const all = await counted(desk);
            assert.ok(all >= 30, `${all} records`);
            await page.locator("summary").filter({ hasText: "Columns" }).click();
            for (const label of await page.locator(".checks label").all()) {
                await label.getByRole("checkbox").setChecked([head, more].includes((await label.innerText()).trim()));
            }
            await desk.fill({ Rows: "25" });
            await desk.press("Show");
            await page.getByRole("link", { name: "Next page" }).waitFor();
            const heads = (await page.locator("th[scope=col]").allInnerTexts()).map((text) => text.trim());
            assert.deepEqual(heads.toSorted(), [head, more].toSorted());
            assert.match(page.url(), /size=25/);
            for (const order of ["ascending", "descending"]) {
                await page.getByRole("columnheader").getByRole("link", { name: head, exact: true }).click();
                await isOrdered(desk, head, order);
            }
            assert.equal(await page.locator("tbody tr").count(), 25);
            await desk.follow("Next page");
            await page.getByRole("link", { name: "First page" }).waitFor();
            assert.equal(await page.locator("tbody tr").count(), Math.min(25, all - 25));
            await isOrdered(desk, head, "descending");
            await desk.fits();
            await desk.follow("First page");
            await page.getByRole("link", { name: "First page" }).waitFor({ state: "detached" });
            assert.equal(await page.locator("tbody tr").count(), 25);
            // The address alone makes the same list again.
            const shown = await column(desk, head);
            await desk.go(page.url());
            assert.deepEqual(await column(desk, head), shown);
        },
        options,
    );
}
