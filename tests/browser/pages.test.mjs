// Every page in every look: it opens, fits the window and is accessible.

import assert from "node:assert/strict";

import { flow } from "./lib/flow.mjs";
import { BARE, SCRIPTED } from "./lib/looks.mjs";

const LONG = "Anantanarayananvenkatasubramanianramakrishnankrishnamurthysundararajan";

/** Makes the clinic that the pages show: records with much in them and with nothing. */
async function furnish(clinic) {
    const full = await clinic.patient("Asha Rao", {
        date_of_birth: "1980-02-29",
        gender: "female",
        phone: "+91 98765 43210",
        email: `${LONG.slice(0, 60).toLowerCase()}@example.org`,
        emergency_contact: "+91 98765 43211",
        address: `1 Lake Road\n${LONG}`,
        medical_history: "Asthma since 1990. ".repeat(40),
        blood_group: "AB-",
    });
    const bare = await clinic.patient(LONG);
    const gone = await clinic.patient("Bina Rao");
    await clinic.rest("PATCH", `/api/patients/${full.id}/`, {
        phone: "+91 98765 00000",
        address: "2 Lake Road",
    });
    await clinic.rest("DELETE", `/api/patients/${gone.id}/`);
    const doctor = await clinic.doctor("Dr Meera Iyer", {
        specialization: "Cardiology",
        license_number: "MH-12345",
        experience_years: 12,
        consultation_fee: "500.00",
        availability: "Mon to Fri, 9 to 17",
    });
    const other = await clinic.doctor(`Dr ${LONG}`, { specialization: LONG });
    await clinic.rest("PATCH", `/api/doctors/${doctor.id}/`, { specialization: LONG });
    const mapping = await clinic.assign(full, doctor, { notes: "Looks after the heart. ".repeat(10) });
    await clinic.rest("PATCH", `/api/mappings/${mapping.id}/`, { notes: `Looks after the heart. ${LONG}` });
    await clinic.assign(full, other);
    const retired = await clinic.doctor("Dr Anil Shah");
    await clinic.rest("DELETE", `/api/doctors/${retired.id}/`);
    await clinic.cookie("sam");
    return { full, bare, gone, doctor, retired, mapping };
}

/** The pages: heading and address. */
function pages({ full, bare, gone, doctor, retired, mapping }, ann) {
    const assignment = `/admin/mappings/${ann}/${mapping.id}`;
    return [
        ["Overview", "/admin"],
        ["Patients", "/admin/patients"],
        ["Patients", "/admin/patients?q=nobody"],
        ["Patients", "/admin/patients?state=deleted"],
        [
            "Patients",
            "/admin/patients?size=25&sort=-name&col=name&col=email&col=blood_group&col=updated&col=id",
        ],
        ["Add a patient", "/admin/patients/add"],
        ["Asha Rao", full.page],
        ["Asha Rao", `${full.page}?doctor=dr`],
        [LONG, bare.page],
        ["Edit Asha Rao", `${full.page}/edit`],
        ["History of Asha Rao", `${full.page}/history`],
        ["History of Bina Rao", `${gone.page}/history`],
        ["Delete Asha Rao?", `${full.page}/delete`],
        ["Doctors", "/admin/doctors"],
        ["Doctors", "/admin/doctors?q=nobody"],
        ["Doctors", "/admin/doctors?state=retired"],
        [
            "Doctors",
            "/admin/doctors?col=name&col=specialization&col=email&col=availability&col=consultation_fee",
        ],
        ["Add a doctor", "/admin/doctors/add"],
        ["Dr Meera Iyer", doctor.page],
        ["Edit Dr Meera Iyer", `${doctor.page}/edit`],
        ["History of Dr Meera Iyer", `${doctor.page}/history`],
        ["History of Dr Anil Shah", `${retired.page}/history`],
        ["Retire Dr Meera Iyer?", `${doctor.page}/retire`],
        ["Mappings", "/admin/mappings"],
        ["Mappings", "/admin/mappings?col=patient&col=notes&col=ended"],
        ["Mappings", "/admin/mappings?state=ended"],
        ["Dr Meera Iyer for Asha Rao", assignment],
        ["Edit the notes: Dr Meera Iyer for Asha Rao", `${assignment}/edit`],
        ["End Dr Meera Iyer for Asha Rao?", `${assignment}/end`],
        ["History of Dr Meera Iyer for Asha Rao", `${assignment}/history`],
        ["Users", "/admin/users"],
        ["Users", "/admin/users?q=nobody"],
        ["ann", `/admin/users/${ann}`],
        ["sam", `/admin/users/${ann + 1}`],
        ["Add a user", "/admin/users/add"],
        ["Edit ann", `/admin/users/${ann}/edit`],
        ["Move all patients of ann to another owner", `/admin/users/${ann}/move`],
        ["Your account", "/admin/account"],
        ["Change the password", "/admin/account/password"],
        ["Audit", "/admin/audit"],
        ["Audit", "/admin/audit?col=at&col=operation&col=fields&col=reason&col=request&col=id"],
        ["Audit", "/admin/audit?outcome=not_found"],
    ];
}

/** Pages that say no. */
const REFUSALS = [
    ["Not found", "/admin/nothing", 404],
    ["Not found", "/admin/patients/1/999999", 404],
    ["Not found", "/admin/reset?key=0000", 404],
    ["Not found", "/admin/set-up?key=0000", 404],
    ["Not understood", "/admin/patients?after=nonsense", 400],
    ["Not allowed", "/admin/patients/delete", 405],
];

async function look(desk, heading, path) {
    const answer = await desk.go(path);
    await desk.heading(heading);
    assert.equal(await desk.page.title(), `${heading} | Healthcore`);
    assert.equal(await desk.page.getByRole("heading", { level: 1 }).count(), 1);
    if (desk.look.script) {
        await desk.isAccessible();
    }
    return answer.status();
}

flow(
    "every page opens, fits and is accessible",
    [...SCRIPTED, ...BARE],
    async (desk) => {
        const faults = [];
        for (const [heading, path] of pages(await furnish(desk.clinic), await desk.clinic.annId())) {
            try {
                assert.equal(await look(desk, heading, path), 200);
            } catch (error) {
                faults.push(`${path}: ${error.message}`);
            }
        }
        assert.deepEqual(faults, []);
    },
    { patience: 4 },
);

flow("every refusal is a page that fits and is accessible", [...SCRIPTED, ...BARE], async (desk) => {
    for (const [heading, path, status] of REFUSALS) {
        desk.watch.expects(status);
        assert.equal(await look(desk, heading, path), status, path);
    }
});

flow(
    "what the staff may not see is a page that fits and is accessible",
    [...SCRIPTED, ...BARE],
    async (desk) => {
        desk.watch.expects(403);
        await look(desk, "Overview", "/admin");
        assert.equal(await look(desk, "Not allowed", "/admin/users"), 403);
    },
    { user: "sam" },
);

flow(
    "the sign-in fits and is accessible",
    [...SCRIPTED, ...BARE],
    async (desk) => {
        desk.watch.expects(401);
        await look(desk, "Sign in", "/admin");
        await desk.fill({ "User name or e-mail address": "root", Password: "wrong" });
        await desk.press("Sign in");
        await desk.sees("The name or the password is wrong.");
        await desk.fits();
        if (desk.look.script) {
            await desk.isAccessible();
        }
    },
    { user: null },
);

flow("a record is printed black on white, without what only a screen needs", SCRIPTED, async (desk) => {
    const { full } = await furnish(desk.clinic);
    const { page } = desk;
    await desk.go(full.page);
    await page.emulateMedia({ media: "print" });
    for (const screenOnly of [
        page.getByRole("navigation"),
        page.getByRole("link", { name: "Edit" }),
        page.locator("form").last(),
    ]) {
        assert.equal(await screenOnly.isVisible(), false);
    }
    for (const wanted of ["2 Lake Road", "Asthma since 1990.", "Dr Meera Iyer", "Looks after the heart."]) {
        assert.ok(await page.locator("main").getByText(wanted).first().isVisible(), wanted);
    }
    const colors = await page.evaluate(() => {
        const { color, backgroundColor } = getComputedStyle(document.body);
        return {
            color,
            card: getComputedStyle(document.querySelector(".card")).backgroundColor,
            backgroundColor,
        };
    });
    assert.deepEqual(colors, {
        color: "rgb(0, 0, 0)",
        card: "rgb(255, 255, 255)",
        backgroundColor: "rgb(255, 255, 255)",
    });
});

flow("a list is printed with its rows, without what only a screen needs", SCRIPTED, async (desk) => {
    const { page } = desk;
    await desk.clinic.patient("Asha Rao", { phone: "+91 98765 43210" });
    await desk.go("/admin/patients");
    await page.emulateMedia({ media: "print" });
    assert.ok(await page.getByRole("cell", { name: "Asha Rao", exact: true }).isVisible());
    assert.ok(await page.getByText("Times are in").isVisible());
    for (const screenOnly of [
        page.getByRole("button", { name: "Delete selected" }),
        page.getByRole("button", { name: "Show" }),
        page.getByRole("checkbox").last(),
    ]) {
        assert.equal(await screenOnly.isVisible(), false);
    }
});
