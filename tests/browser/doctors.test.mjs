// What is done with doctors.

import assert from "node:assert/strict";

import { flow } from "./lib/flow.mjs";
import { FLOWS } from "./lib/looks.mjs";

const ALL = {
    Name: "Dr Meera Iyer",
    Specialization: "Cardiology",
    Licence: "MH-12345",
    "Years of experience": "12",
    Phone: "+91 98765 43210",
    "E-mail address": "meera@example.org",
    Address: "2 Hill Road\nPune",
    Availability: "Mon to Fri, 9 to 17",
    "Consultation fee": "500.00",
};

flow("a doctor is added with every field", FLOWS, async (desk) => {
    await desk.go("/admin/doctors");
    await desk.sees("There is no doctor yet.");
    await desk.follow("Add a doctor", desk.page.locator(".head"));
    await desk.heading("Add a doctor");
    await desk.fill(ALL);
    await desk.press("Save");
    await desk.heading("Dr Meera Iyer");
    await desk.says("The record was added.");
    for (const [label, value] of Object.entries(ALL)) {
        assert.equal(await desk.value(label), value, label);
    }
    await desk.sees("The doctor is assigned to nobody.");
});

flow("saving a doctor leads on as the button says", FLOWS, async (desk) => {
    await desk.go("/admin/doctors/add");
    await desk.fill({ Name: "Dr Meera Iyer" });
    await desk.press("Save and add another");
    await desk.says("The record was added.");
    await desk.heading("Add a doctor");
    assert.equal(await desk.field("Name").inputValue(), "");
    await desk.fill({ Name: "Dr Anil Shah" });
    await desk.press("Save and continue");
    await desk.heading("Edit Dr Anil Shah");
});

flow("a licence that another doctor has is refused beside its field", FLOWS, async (desk) => {
    desk.watch.expects(409);
    await desk.clinic.doctor("Dr Anil Shah", { license_number: "MH-12345" });
    await desk.go("/admin/doctors/add");
    await desk.fill(ALL);
    await desk.press("Save");
    await desk.page
        .getByRole("alert")
        .getByRole("link", { name: /^Licence is taken/ })
        .waitFor();
    assert.deepEqual(desk.watch.refusals, [409]);
    assert.equal(await desk.field("Address").inputValue(), ALL.Address);
    await desk.fill({ Licence: "MH-99999" });
    await desk.press("Save");
    await desk.says("The record was added.");
});

flow("a doctor is changed, and the history tells what", FLOWS, async (desk) => {
    const doctor = await desk.clinic.doctor("Dr Meera Iyer", { specialization: "Cardiology" });
    await desk.go(doctor.page);
    await desk.follow("Edit");
    await desk.fill({ Specialization: "Surgery" });
    await desk.press("Save");
    await desk.says("The record was saved.");
    await desk.follow("History");
    await desk.heading("History of Dr Meera Iyer");
    const row = desk.page.getByRole("row").filter({ hasText: "Surgery" });
    assert.deepEqual(await row.getByRole("cell").allInnerTexts(), ["Cardiology", "Surgery"]);
});

flow("a stale edit of a doctor shows both sides and loses nothing", FLOWS, async (desk) => {
    desk.watch.expects(412);
    const doctor = await desk.clinic.doctor("Dr Meera Iyer", { specialization: "Cardiology" });
    await desk.go(`${doctor.page}/edit`);
    await desk.fill({ Specialization: "Surgery" });
    await desk.clinic.rest("PATCH", `/api/doctors/${doctor.id}/`, { specialization: "Dentistry" });
    await desk.press("Save");
    await desk.sees("Somebody else has changed this record meanwhile");
    assert.equal(await desk.field("Specialization").inputValue(), "Surgery");
    assert.match(await desk.page.locator("#specialization-now").innerText(), /^Stored now\s+Dentistry$/);
    await desk.press("Save");
    await desk.says("The record was saved.");
    assert.equal(await desk.value("Specialization"), "Surgery");
});

flow("a doctor retires with what ends, and comes back", FLOWS, async (desk) => {
    const { clinic } = desk;
    const doctor = await clinic.doctor("Dr Meera Iyer");
    await clinic.assign(await clinic.patient("Asha Rao"), doctor);
    await desk.go(doctor.page);
    await desk.sees("Asha Rao");
    await desk.follow("Retire");
    await desk.heading("Retire Dr Meera Iyer?");
    await desk.sees("Assignments to patients of all owners that end with it: 1.");
    await desk.press("Retire");
    await desk.says("The doctor has retired.");
    await desk.sees("There is no doctor yet.");
    assert.deepEqual(await clinic.rest("GET", "/api/doctors/"), []);
    await desk.fill({ State: "retired" });
    await desk.press("Show");
    await desk.follow("Dr Meera Iyer");
    await desk.heading("History of Dr Meera Iyer");
    await desk.press("Restore");
    await desk.says("The record is back.");
    await desk.heading("Dr Meera Iyer");
    await desk.sees("The doctor is assigned to nobody.");
});

flow("the directory is searched and filtered", FLOWS, async (desk) => {
    await desk.clinic.doctor("Dr Meera Iyer", { specialization: "Cardiology" });
    await desk.clinic.doctor("Dr Anil Shah", { specialization: "Surgery" });
    await desk.go("/admin/doctors");
    await desk.sees("2 records");
    await desk.fill({ Search: "mee" });
    await desk.press("Show");
    await desk.sees("1 record");
    await desk.page.getByRole("link", { name: "Dr Meera Iyer" }).waitFor();
    await desk.follow("Reset");
    await desk.sees("2 records");
    const [surgery] = await desk.field("Specialization").locator("option", { hasText: "Surgery (1)" }).all();
    await desk.fill({ Specialization: await surgery.getAttribute("value") });
    await desk.press("Show");
    await desk.sees("1 record");
    await desk.page.getByRole("link", { name: "Dr Anil Shah" }).waitFor();
});

flow("selected doctors retire after a question, and come back", FLOWS, async (desk) => {
    const { clinic } = desk;
    const names = async () => (await clinic.rest("GET", "/api/doctors/")).map((doctor) => doctor.name).sort();
    const meera = await clinic.doctor("Dr Meera Iyer");
    await clinic.doctor("Dr Anil Shah");
    await clinic.doctor("Dr Bela Shah");
    await clinic.assign(await clinic.patient("Asha Rao"), meera);
    await desk.go("/admin/doctors");
    await desk.page.getByLabel("Select Dr Meera Iyer").check();
    await desk.page.getByLabel("Select Dr Anil Shah").check();
    await desk.press("Retire selected");
    await desk.heading("Retire 2 doctors?");
    await desk.sees("Assignments to patients of all owners that end with them: 1.");
    await desk.press("Retire");
    await desk.says("retired");
    assert.deepEqual(await names(), ["Dr Bela Shah"]);
    await desk.go("/admin/doctors?state=retired");
    await desk.page.getByLabel("Select Dr Anil Shah").check();
    await desk.press("Restore selected");
    await desk.says("The record is back.");
    assert.deepEqual(await names(), ["Dr Anil Shah", "Dr Bela Shah"]);
});

flow("doctors come as a file, all or selected, and no cell is a formula", FLOWS, async (desk) => {
    await desk.clinic.doctor("Dr Meera Iyer", { specialization: "=1+1" });
    await desk.clinic.doctor("Dr Anil Shah");
    await desk.go("/admin/doctors");
    const all = await desk.file(() => desk.follow("Export CSV"));
    assert.equal(all.name, "doctors.csv");
    assert.equal(all.text.trim().split("\n").length, 3);
    assert.doesNotMatch(all.text, /(^|[,\n])"?[=+@-]/);
    await desk.page.getByLabel("Select Dr Anil Shah").check();
    const some = await desk.file(() => desk.press("Export selected"));
    assert.equal(some.text.trim().split("\n").length, 2);
    assert.match(some.text, /Dr Anil Shah/);
});
