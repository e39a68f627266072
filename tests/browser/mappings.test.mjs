// Assigning doctors to patients.

import assert from "node:assert/strict";

import { flow } from "./lib/flow.mjs";
import { FLOWS } from "./lib/looks.mjs";

const FINDER = "Find a doctor to assign, by name";

async function people(clinic) {
    const patient = await clinic.patient("Asha Rao");
    const meera = await clinic.doctor("Dr Meera Iyer", { specialization: "Cardiology" });
    await clinic.doctor("Dr Meena Shah", { specialization: "Surgery" });
    await clinic.doctor("Dr Anil Kumar");
    return { patient, meera };
}

async function doctorsOf(clinic, patient) {
    const found = await clinic.rest("GET", `/api/mappings/${patient.id}/`);
    return found.map((doctor) => doctor.name ?? doctor.doctor?.name ?? doctor.doctor_name);
}

flow("a doctor is found, assigned and taken off again", FLOWS, async (desk) => {
    const { clinic, page, look } = desk;
    const { patient } = await people(clinic);
    await desk.go(patient.page);
    await desk.sees("No doctor is assigned. Find one below.");
    await desk.fill({ [FINDER]: "meer" });
    if (!look.script) {
        await desk.press("Find");
    }
    await desk.page.getByRole("heading", { name: "Doctors found" }).waitFor();
    assert.equal(await page.getByRole("region", { name: "Doctors found" }).getByRole("row").count(), 2);
    await desk.fits();
    await desk.press("Assign: Dr Meera Iyer");
    await desk.says("The doctor was assigned.");
    await page
        .getByRole("region", { name: "Doctors" })
        .getByRole("link", { name: "Dr Meera Iyer" })
        .waitFor();
    assert.equal((await doctorsOf(clinic, patient)).length, 1);
    await desk.fits();
    await page.getByRole("navigation").getByRole("link", { name: "Mappings" }).click();
    await desk.heading("Mappings");
    await desk.sees("1 record");
    await desk.follow("Asha Rao");
    await desk.heading("Dr Meera Iyer for Asha Rao");
    await desk.follow("Patient");
    await desk.press("End: Dr Meera Iyer");
    await desk.says("It has ended.");
    await desk.heading("Asha Rao");
    await desk.sees("No doctor is assigned. Find one below.");
    assert.deepEqual(await doctorsOf(clinic, patient), []);
    await desk.go("/admin/mappings?state=ended");
    await desk.sees("1 record");
    await desk.fits();
});

flow(
    "while somebody types, doctors are found and the focus stays",
    FLOWS.filter((look) => look.script),
    async (desk) => {
        const { page } = desk;
        const { patient } = await people(desk.clinic);
        await desk.go(patient.page);
        const field = desk.field(FINDER);
        await field.click();
        await page.keyboard.type("mee");
        await page.getByRole("button", { name: "Assign: Dr Meena Shah" }).waitFor();
        assert.ok(await desk.hasFocus("#doctor"), "the field keeps the focus");
        await page.keyboard.type("ra");
        await page.getByRole("button", { name: "Assign: Dr Meena Shah" }).waitFor({ state: "detached" });
        await page.getByRole("button", { name: "Assign: Dr Meera Iyer" }).waitFor();
        assert.equal(await field.inputValue(), "meera");
        assert.ok(await desk.hasFocus("#doctor"), "the field keeps the focus");
    },
);

flow("a doctor who is assigned already is not assigned twice", FLOWS, async (desk) => {
    const { clinic } = desk;
    const { patient, meera } = await people(clinic);
    desk.watch.expects(409);
    await desk.go(`${patient.page}?doctor=meera`);
    await clinic.assign(patient, meera);
    await desk.press("Assign: Dr Meera Iyer");
    await desk.sees("This doctor is assigned to the patient already.");
    assert.equal((await doctorsOf(clinic, patient)).length, 1);
});

flow("selected assignments end after a question", FLOWS, async (desk) => {
    const { clinic } = desk;
    const { patient, meera } = await people(clinic);
    const other = await clinic.patient("Bina Rao");
    await clinic.assign(patient, meera);
    await clinic.assign(other, meera);
    await desk.go("/admin/mappings");
    await desk.page.getByLabel("Select Asha Rao").check();
    await desk.press("End selected");
    await desk.heading("End 1 assignment?");
    await desk.sees("Dr Meera Iyer to Asha Rao");
    await desk.press("End");
    await desk.says("It has ended.");
    await desk.sees("1 record");
    assert.deepEqual(await doctorsOf(clinic, patient), []);
    assert.equal((await doctorsOf(clinic, other)).length, 1);
});

flow("assignments come as a file, all or selected", FLOWS, async (desk) => {
    const { clinic } = desk;
    const { patient, meera } = await people(clinic);
    await clinic.assign(patient, meera, { notes: "+1" });
    await clinic.assign(await clinic.patient("Bina Rao"), meera);
    await desk.go("/admin/mappings");
    const all = await desk.file(() => desk.follow("Export CSV"));
    assert.equal(all.name, "mappings.csv");
    assert.equal(all.text.trim().split("\n").length, 3);
    assert.doesNotMatch(all.text, /(^|[,\n])"?[=+@-]/);
    await desk.page.getByLabel("Select Bina Rao").check();
    const some = await desk.file(() => desk.press("Export selected"));
    assert.match(some.text, /Bina Rao/);
    assert.doesNotMatch(some.text, /Asha Rao/);
});

flow("the notes of an assignment are changed, and the history tells what", FLOWS, async (desk) => {
    const { clinic } = desk;
    const { patient, meera } = await people(clinic);
    await clinic.assign(patient, meera, { notes: "Asthma" });
    await desk.go(patient.page);
    await desk.follow("Details");
    await desk.heading("Dr Meera Iyer for Asha Rao");
    assert.equal(await desk.value("Notes"), "Asthma");
    assert.equal(await desk.value("Assigned by"), "ann");
    await desk.follow("Edit the notes");
    await desk.heading("Edit the notes: Dr Meera Iyer for Asha Rao");
    await desk.fill({ Notes: "Asthma\nsince 1990 <b>often</b>" });
    await desk.press("Save");
    await desk.says("The record was saved.");
    assert.equal(await desk.value("Notes"), "Asthma\nsince 1990 <b>often</b>");
    await desk.follow("History");
    await desk.heading("History of Dr Meera Iyer for Asha Rao");
    const newest = desk.page.locator(".card").filter({ hasText: "Version 2" });
    assert.match(await newest.innerText(), /by root/);
    assert.deepEqual(await newest.getByRole("cell").allInnerTexts(), [
        "Asthma",
        "Asthma\nsince 1990 <b>often</b>",
    ]);
    assert.match(await desk.page.locator(".card").filter({ hasText: "Version 1" }).innerText(), /by ann/);
    await desk.follow("Back");
    await desk.heading("Dr Meera Iyer for Asha Rao");
});

flow("notes that are too long are told beside their field, and stale ones beside those stored", FLOWS, async (desk) => {
    const { clinic } = desk;
    desk.watch.expects(412);
    desk.watch.expects(422);
    const { patient, meera } = await people(clinic);
    const mapping = await clinic.assign(patient, meera, { notes: "Asthma" });
    await desk.go(`/admin/mappings/${await clinic.annId()}/${mapping.id}/edit`);
    await desk.fill({ Notes: "x".repeat(20_000) });
    await desk.press("Save");
    await desk.page.getByRole("alert").getByRole("link", { name: /^Notes/ }).waitFor();
    await desk.fits();
    assert.equal((await desk.field("Notes").inputValue()).length, 20_000);
    await clinic.rest("PATCH", `/api/mappings/${mapping.id}/`, { notes: "Theirs" });
    await desk.fill({ Notes: "Mine" });
    await desk.press("Save");
    await desk.sees("Somebody else has changed this record meanwhile");
    assert.equal(await desk.field("Notes").inputValue(), "Mine");
    assert.match(await desk.page.locator("#notes-now").innerText(), /^Stored now\s+Theirs$/);
    await desk.fits();
    await desk.press("Save and continue");
    await desk.says("The record was saved.");
    assert.equal(await desk.field("Notes").inputValue(), "Mine");
});

flow("notes that come after the end are shown beside the news of it", FLOWS, async (desk) => {
    const { clinic } = desk;
    desk.watch.expects(409);
    const { patient, meera } = await people(clinic);
    const mapping = await clinic.assign(patient, meera, { notes: "Asthma" });
    await desk.go(`/admin/mappings/${await clinic.annId()}/${mapping.id}/edit`);
    await desk.fill({ Notes: "Typed for long\n<b>and not to be lost</b>" });
    await clinic.rest("DELETE", `/api/patients/${patient.id}/`);
    await desk.press("Save");
    await desk.sees("The assignment has ended meanwhile.");
    assert.deepEqual(desk.watch.refusals, [409]);
    await desk.fits();
    if (desk.look.script) {
        await desk.isAccessible();
    }
    assert.equal(await desk.field("Notes").inputValue(), "Typed for long\n<b>and not to be lost</b>");
    await desk.go(`/admin/mappings/${await clinic.annId()}/${mapping.id}/history`);
    assert.equal(await desk.page.getByText("Typed for long").count(), 0);
});

flow("notes that come after the patient got another owner are not lost", FLOWS, async (desk) => {
    const { clinic } = desk;
    desk.watch.expects(412);
    await clinic.register("ben");
    const { patient, meera } = await people(clinic);
    const mapping = await clinic.assign(patient, meera, { notes: "Asthma" });
    await desk.go(`/admin/mappings/${await clinic.annId()}/${mapping.id}/edit`);
    await desk.fill({ Notes: "Typed for long" });
    await desk.otherMovesAllTo("ben");
    await desk.press("Save");
    await desk.sees("This record has another owner now: ben");
    await desk.fits();
    assert.equal(await desk.field("Notes").inputValue(), "Typed for long");
    assert.match(await desk.page.locator("#notes-now").innerText(), /^Stored now\s+Asthma$/);
    await desk.press("Save");
    await desk.says("The record was saved.");
    assert.equal(await desk.value("Notes"), "Typed for long");
});

flow("an assignment ends after a question on its page", FLOWS, async (desk) => {
    const { clinic } = desk;
    const { patient, meera } = await people(clinic);
    await clinic.assign(patient, meera);
    await desk.go("/admin/mappings");
    await desk.follow("Asha Rao");
    await desk.follow("End");
    await desk.heading("End Dr Meera Iyer for Asha Rao?");
    await desk.follow("Cancel");
    await desk.heading("Dr Meera Iyer for Asha Rao");
    await desk.follow("End");
    await desk.press("End");
    await desk.says("It has ended.");
    await desk.heading("Asha Rao");
    assert.deepEqual(await doctorsOf(clinic, patient), []);
    await desk.go("/admin/mappings?state=ended");
    await desk.follow("Asha Rao");
    await desk.heading("Dr Meera Iyer for Asha Rao");
    assert.notEqual(await desk.value("Ended"), "no");
    assert.equal(await desk.page.getByRole("link", { name: "Edit the notes" }).count(), 0);
});
