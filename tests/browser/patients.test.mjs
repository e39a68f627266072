// What is done with patients.

import assert from "node:assert/strict";

import { flow } from "./lib/flow.mjs";
import { FLOWS } from "./lib/looks.mjs";

const ALL = {
    Name: "Asha Rao",
    "Date of birth": "1980-02-29",
    Gender: "female",
    Phone: "+91 98765 43210",
    "E-mail address": "asha@example.org",
    "Emergency phone": "+91 98765 43211",
    Address: "1 Lake Road\nPune",
    "Blood group": "AB-",
    "Medical history": "Asthma\nsince 1990 <b>often</b>",
};

async function showsAll(desk) {
    for (const [label, value] of Object.entries({ ...ALL, Gender: "Female" })) {
        assert.equal(await desk.value(label), value, label);
    }
}

flow("a patient is added with every field", FLOWS, async (desk) => {
    await desk.go("/admin/patients");
    await desk.sees("There is no patient yet. Add the first one");
    await desk.follow("Add a patient", desk.page.locator("main .card"));
    await desk.heading("Add a patient");
    await desk.fill(ALL);
    await desk.press("Save");
    await desk.heading("Asha Rao");
    await desk.says("The record was added.");
    await showsAll(desk);
    assert.equal(await desk.value("Owner"), "root");
});

flow("saving leads on as the button says", FLOWS, async (desk) => {
    await desk.go("/admin/patients/add");
    await desk.fill({ Name: "Asha Rao" });
    await desk.press("Save and add another");
    await desk.says("The record was added.");
    await desk.heading("Add a patient");
    assert.equal(await desk.field("Name").inputValue(), "");
    await desk.fill({ Name: "Bina Rao" });
    await desk.press("Save and continue");
    await desk.heading("Edit Bina Rao");
    await desk.fill({ Name: "Bina Roy" });
    await desk.press("Save");
    await desk.heading("Bina Roy");
    await desk.go("/admin/patients");
    assert.deepEqual(await names(desk), ["Bina Roy", "Asha Rao"]);
});

flow(
    "what is wrong with a form is told beside each field, and nothing typed is lost",
    FLOWS,
    async (desk) => {
        desk.watch.expects(422);
        await desk.go("/admin/patients/add");
        await desk.fill({
            Phone: "none",
            "E-mail address": "asha@example.org",
            Age: "200",
            Address: "1 Lake Road",
        });
        await desk.press("Save");
        const summary = desk.page.getByRole("alert");
        await summary.waitFor();
        await desk.fits();
        assert.deepEqual(desk.watch.refusals, [422]);
        assert.equal(await summary.getByRole("link").count(), 3);
        await summary.getByRole("link", { name: /^Phone/ }).click();
        await desk.page.waitForFunction(() => document.activeElement?.id === "phone");
        assert.equal(await desk.field("Phone").getAttribute("aria-invalid"), "true");
        assert.equal(await desk.field("Address").inputValue(), "1 Lake Road");
        assert.equal(await desk.field("Phone").inputValue(), "none");
        await desk.fill({ Name: "Asha Rao", Phone: "+91 98765 43210", Age: "44" });
        await desk.press("Save");
        await desk.heading("Asha Rao");
        assert.equal(await desk.value("Age"), "44");
        assert.equal(await desk.value("Address"), "1 Lake Road");
    },
);

flow("a patient is changed, and the history tells what", FLOWS, async (desk) => {
    const patient = await desk.clinic.patient("Asha Rao", { phone: "+91 98765 43210", gender: "female" });
    await desk.go(patient.page);
    await desk.follow("Edit");
    await desk.heading("Edit Asha Rao");
    assert.equal(await desk.field("Gender").inputValue(), "female");
    await desk.fill({ Phone: "", "Blood group": "O+" });
    await desk.press("Save");
    await desk.says("The record was saved.");
    assert.equal(await desk.value("Phone"), "not known");
    assert.equal(await desk.value("Blood group"), "O+");
    await desk.follow("History");
    await desk.heading("History of Asha Rao");
    const newest = desk.page.locator(".card").filter({ hasText: "Version 2" });
    const rows = await newest.getByRole("row").allInnerTexts();
    assert.deepEqual(
        rows.slice(1).map((row) => row.split("\t").map((cell) => cell.trim())),
        [
            ["Phone", "+91 98765 43210", ""],
            ["Blood group", "", "O+"],
        ],
    );
    assert.match(await newest.innerText(), /by root/);
    await desk.follow("Back");
    await desk.heading("Asha Rao");
});

flow("a stale edit shows both sides and loses nothing", FLOWS, async (desk) => {
    desk.watch.expects(412);
    const patient = await desk.clinic.patient("Asha Rao", { phone: "+91 98765 43210" });
    await desk.go(`${patient.page}/edit`);
    await desk.fill({ Phone: "+91 98765 00000", Address: "1 Lake Road" });
    await desk.other("sam", async (other) => {
        await other.go(`${patient.page}/edit`);
        await other.fill({ Phone: "+91 98765 11111", "Blood group": "O+" });
        await other.press("Save");
        await other.says("The record was saved.");
    });
    await desk.press("Save");
    await desk.sees("Somebody else has changed this record meanwhile");
    await desk.fits();
    assert.equal(await desk.field("Phone").inputValue(), "+91 98765 00000");
    assert.equal(await desk.field("Address").inputValue(), "1 Lake Road");
    // Both have changed the phone; the address is mine, the blood group theirs.
    assert.match(await desk.page.locator("#phone-now").innerText(), /^Stored now\s+\+91 98765 11111$/);
    assert.match(await desk.page.locator("#address-now").innerText(), /^Stored now\s+\(empty\)$/);
    assert.equal(await desk.field("Blood group").inputValue(), "O+");
    assert.match(await desk.page.locator("#blood_group-note").innerText(), /taken over/);
    assert.equal((await desk.clinic.rest("GET", `/api/patients/${patient.id}/`)).phone, "+91 98765 11111");
    await desk.press("Save");
    await desk.says("The record was saved.");
    assert.equal(await desk.value("Phone"), "+91 98765 00000");
    assert.equal(await desk.value("Address"), "1 Lake Road");
    assert.equal(await desk.value("Blood group"), "O+");
});

flow("a patient is deleted with what ends, and comes back", FLOWS, async (desk) => {
    const { clinic } = desk;
    const patient = await clinic.patient("Asha Rao");
    const doctor = await clinic.doctor("Dr Meera Iyer");
    await clinic.assign(patient, doctor);
    await desk.go(patient.page);
    await desk.follow("Delete");
    await desk.heading("Delete Asha Rao?");
    await desk.sees("The assignment of this doctor ends with it:");
    await desk.sees("Dr Meera Iyer");
    await desk.follow("Cancel");
    await desk.heading("Asha Rao");
    await desk.follow("Delete");
    await desk.heading("Delete Asha Rao?");
    await desk.press("Delete");
    await desk.says("The record was deleted.");
    assert.deepEqual(await clinic.patientNames(), []);
    await desk.fill({ State: "deleted" });
    await desk.press("Show");
    await desk.follow("Asha Rao");
    await desk.heading("History of Asha Rao");
    await desk.press("Restore");
    await desk.says("The record is back.");
    await desk.heading("Asha Rao");
    await desk.sees("No doctor is assigned.");
    assert.deepEqual(await clinic.patientNames(), ["Asha Rao"]);
});

flow("what was typed of a patient who was deleted meanwhile is not lost", FLOWS, async (desk) => {
    const { clinic } = desk;
    desk.watch.expects(409);
    desk.watch.expects(412);
    const patient = await clinic.patient("Asha Rao");
    await desk.go(`${patient.page}/edit`);
    await desk.fill({ "Medical history": "Asthma\nsince 1990" });
    await clinic.rest("DELETE", `/api/patients/${patient.id}/`);
    await desk.press("Save");
    await desk.sees("The record was deleted meanwhile.");
    await desk.fits();
    assert.equal(await desk.field("Medical history").inputValue(), "Asthma\nsince 1990");
    await clinic.rest("POST", `/api/patients/${patient.id}/restore/`);
    await desk.press("Save");
    await desk.sees("Somebody else has changed this record meanwhile");
    await desk.press("Save");
    await desk.says("The record was saved.");
    assert.equal(await desk.value("Medical history"), "Asthma\nsince 1990");
});

flow("what was typed of a patient who got another owner meanwhile is not lost", FLOWS, async (desk) => {
    const { clinic } = desk;
    desk.watch.expects(412);
    await clinic.register("ben");
    const patient = await clinic.patient("Asha Rao", { phone: "+91 98765 43210" });
    await desk.go(`${patient.page}/edit`);
    await desk.fill({ "Medical history": "Asthma\nsince 1990", Phone: "+91 98765 00000" });
    await desk.otherMovesAllTo("ben");
    await desk.press("Save");
    await desk.sees("This record has another owner now: ben");
    assert.deepEqual(desk.watch.refusals, [412]);
    await desk.fits();
    if (desk.look.script) {
        await desk.isAccessible();
    }
    assert.equal(await desk.field("Medical history").inputValue(), "Asthma\nsince 1990");
    assert.equal(await desk.field("Phone").inputValue(), "+91 98765 00000");
    assert.match(await desk.page.locator("#phone-now").innerText(), /^Stored now\s+\+91 98765 43210$/);
    await desk.press("Save");
    await desk.says("The record was saved.");
    assert.equal(await desk.value("Owner"), "ben");
    assert.equal(await desk.value("Medical history"), "Asthma\nsince 1990");
    assert.equal(await desk.value("Phone"), "+91 98765 00000");
});

flow("a button for selected rows says so where none is selected", FLOWS, async (desk) => {
    const { clinic } = desk;
    desk.watch.expects(422);
    const gone = await clinic.patient("Asha Rao");
    await clinic.patient("Bina Rao");
    await clinic.rest("DELETE", `/api/patients/${gone.id}/`);
    await desk.go("/admin/patients");
    await desk.press("Delete selected");
    await desk.says("Nothing was selected.");
    assert.deepEqual(await names(desk), ["Bina Rao"]);
    await desk.go("/admin/patients?state=deleted");
    await desk.press("Restore selected");
    await desk.sees("Nothing was selected.");
    assert.deepEqual(await clinic.patientNames(), ["Bina Rao"]);
});

flow("a save that changes nothing makes no version", FLOWS, async (desk) => {
    const patient = await desk.clinic.patient("Asha Rao", { age: 44, phone: "+91 98765 43210" });
    await desk.go(`${patient.page}/edit`);
    await desk.press("Save");
    await desk.says("The record was saved.");
    await desk.follow("History");
    await desk.heading("History of Asha Rao");
    assert.equal(await desk.page.getByRole("heading", { level: 2, name: /^Version/ }).count(), 1);
});

flow("selected patients are deleted after a question", FLOWS, async (desk) => {
    for (const name of ["Asha Rao", "Bina Rao", "Chitra Rao"]) {
        await desk.clinic.patient(name);
    }
    await desk.go("/admin/patients");
    await desk.page.getByLabel("Select Asha Rao").check();
    await desk.page.getByLabel("Select Chitra Rao").check();
    await desk.press("Delete selected");
    await desk.heading("Delete 2 patients?");
    assert.deepEqual(await desk.page.locator("main li").allInnerTexts(), ["Chitra Rao", "Asha Rao"]);
    await desk.press("Delete");
    await desk.says("deleted");
    assert.deepEqual(await names(desk), ["Bina Rao"]);
    assert.deepEqual(await desk.clinic.patientNames(), ["Bina Rao"]);
});

flow("deleted patients that are selected come back", FLOWS, async (desk) => {
    for (const name of ["Asha Rao", "Bina Rao", "Chitra Rao"]) {
        const { id } = await desk.clinic.patient(name);
        await desk.clinic.rest("DELETE", `/api/patients/${id}/`);
    }
    await desk.go("/admin/patients?state=deleted");
    await desk.page.getByLabel("Select Asha Rao").check();
    await desk.page.getByLabel("Select Bina Rao").check();
    await desk.press("Restore selected");
    await desk.says("The record is back.");
    assert.deepEqual(await desk.clinic.patientNames(), ["Bina Rao", "Asha Rao"]);
});

flow("selected patients come as a file", FLOWS, async (desk) => {
    for (const name of ["Asha Rao", "Bina Rao", "Chitra Rao"]) {
        await desk.clinic.patient(name);
    }
    await desk.go("/admin/patients");
    await desk.page.getByLabel("Select Asha Rao").check();
    await desk.page.getByLabel("Select Chitra Rao").check();
    const { name, text } = await desk.file(() => desk.press("Export selected"));
    assert.equal(name, "patients.csv");
    assert.equal(text.trim().split("\n").length, 3);
    assert.match(text, /Asha Rao/);
    assert.doesNotMatch(text, /Bina Rao/);
    await desk.heading("Patients");
});

flow("selected patients are given to another owner, for a reason", FLOWS, async (desk) => {
    const { clinic } = desk;
    desk.watch.expects(422);
    await clinic.register("ben");
    const patient = await clinic.patient("Asha Rao");
    await clinic.assign(patient, await clinic.doctor("Dr Meera Iyer"));
    await clinic.patient("Bina Rao");
    await desk.go("/admin/patients");
    await desk.page.getByLabel("Select Asha Rao").check();
    await desk.press("Move selected to another owner");
    await desk.heading("Move 1 patient to another owner");
    await desk.fill({ "User name of the new owner": "nobody" });
    await desk.press("Move");
    await desk.page.getByRole("alert").waitFor();
    await desk.fits();
    assert.equal(await desk.page.getByRole("alert").getByRole("link").count(), 2);
    await desk.fill({ "User name of the new owner": "ben", Reason: "Asked for by the owner" });
    await desk.press("Move");
    await desk.says("The patients have another owner now.");
    assert.deepEqual(await clinic.patientNames(), ["Bina Rao"]);
    await desk.fill({ "Owner's user name": "ben" });
    await desk.press("Show");
    await desk.sees("1 record");
    await desk.follow("Asha Rao");
    await desk.heading("Asha Rao");
    assert.equal(await desk.value("Owner"), "ben");
    await desk.sees("Dr Meera Iyer");
    // Who has made it stays who has made it.
    await desk.follow("History");
    await desk.heading("History of Asha Rao");
    assert.match(await desk.page.locator(".card").filter({ hasText: "Version 1" }).innerText(), /by ann/);
});

flow(
    "all rows are selected by one box",
    FLOWS.filter((look) => look.script),
    async (desk) => {
        await desk.clinic.patient("Asha Rao");
        await desk.clinic.patient("Bina Rao");
        await desk.go("/admin/doctors");
        // The script works on a page that was swapped in as well.
        await desk.page.getByRole("navigation").getByRole("link", { name: "Patients" }).click();
        await desk.heading("Patients");
        await desk.page.getByLabel("Select all").check();
        assert.ok(await desk.page.getByLabel("Select Asha Rao").isChecked());
        await desk.press("Delete selected");
        await desk.heading("Delete 2 patients?");
    },
);

flow("the list is searched, filtered, ordered, cut to size and turned over", FLOWS, async (desk) => {
    const { clinic, page } = desk;
    for (let number = 1; number <= 30; number += 1) {
        const gender = number % 2 === 0 ? "female" : "male";
        await clinic.patient(`Patient ${String(number).padStart(2, "0")}`, { gender });
    }
    await desk.go("/admin/patients");
    await desk.sees("30 records");
    await desk.fill({ Search: "patient 07" });
    await desk.press("Show");
    await desk.sees("1 record");
    assert.deepEqual(await names(desk), ["Patient 07"]);
    await desk.follow("Reset");
    await desk.sees("30 records");
    const genders = await desk.field("Gender").locator("option").allInnerTexts();
    assert.deepEqual(genders.slice(0, 3), ["All (30)", "Female (15)", "Male (15)"]);
    await desk.fill({ Gender: "female", Rows: "25" });
    await desk.press("Show");
    await desk.sees("15 records");
    assert.equal(await desk.field("Gender").inputValue(), "female");
    await desk.follow("Reset");
    await desk.sees("30 records");
    await desk.fill({ Rows: "25" });
    await desk.press("Show");
    await page.getByRole("link", { name: "Next page" }).waitFor();
    await page.getByRole("columnheader").getByRole("link", { name: "Name" }).click();
    await page.locator('th[aria-sort="ascending"]').waitFor();
    await page.getByRole("columnheader").getByRole("link", { name: "Name" }).click();
    await page.locator('th[aria-sort="descending"]').waitFor();
    assert.equal((await names(desk))[0], "Patient 30");
    assert.equal((await names(desk)).length, 25);
    await desk.follow("Next page");
    await page.getByRole("link", { name: "First page" }).waitFor();
    assert.deepEqual(
        await names(desk),
        ["05", "04", "03", "02", "01"].map((number) => `Patient ${number}`),
    );
    await desk.follow("First page");
    await page.getByRole("link", { name: "Next page" }).waitFor();
    assert.equal((await names(desk))[0], "Patient 30");
});

flow("the columns are chosen and stay in the address", FLOWS, async (desk) => {
    await desk.clinic.patient("Asha Rao", { email: "asha@example.org" });
    await desk.go("/admin/patients");
    await desk.page.locator("summary").filter({ hasText: "Columns" }).click();
    for (const label of await desk.page.locator(".checks label").all()) {
        await label
            .getByRole("checkbox")
            .setChecked(["Name", "E-mail"].includes((await label.innerText()).trim()));
    }
    await desk.press("Show");
    await desk.page.locator("thead").getByText("E-mail").waitFor();
    assert.deepEqual(
        (await desk.page.locator("th[scope=col]").allInnerTexts()).map((text) => text.trim()),
        ["Name", "E-mail"],
    );
    assert.match(desk.page.url(), /col=name&col=email/);
    await desk.fits();
});

flow("what the list shows comes as a file, and no cell is a formula", FLOWS, async (desk) => {
    await desk.clinic.patient('=HYPERLINK("http://evil.example")', { gender: "female" });
    await desk.clinic.patient("Asha Rao", { phone: "+91 98765 43210", gender: "female" });
    await desk.clinic.patient("Bala Rao", { gender: "male" });
    await desk.go("/admin/patients?gender=female");
    const { name, text } = await desk.file(() => desk.follow("Export CSV"));
    assert.equal(name, "patients.csv");
    assert.match(text, /Asha Rao/);
    assert.doesNotMatch(text, /Bala Rao/);
    assert.doesNotMatch(text, /(^|[,\n])"?[=+@-]/);
    await desk.heading("Patients");
});

async function names(desk) {
    const cells = await desk.page.locator("tbody tr td:nth-child(2)").allInnerTexts();
    return cells.map((text) => text.trim());
}
