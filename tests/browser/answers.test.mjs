// What forms answer, in every look: it fits the window and is accessible.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Clinic, PASSWORD } from "./lib/clinic.mjs";
import { at, flow } from "./lib/flow.mjs";
import { BARE, SCRIPTED } from "./lib/looks.mjs";

const LOOKS = [...SCRIPTED, ...BARE];
const LONG = "Anantanarayananvenkatasubramanianramakrishnankrishnamurthysundararajan";

/** The page of that heading fits and is accessible. */
async function isGood(desk, heading) {
    await desk.heading(heading);
    await desk.fits();
    if (desk.look.script) {
        await desk.isAccessible();
    }
}

async function select(desk, path, name, button) {
    await desk.go(path);
    await desk.page.getByLabel(`Select ${name}`).check();
    await desk.press(button);
}

flow(
    "what is wrong with a form is told on a page that fits and is accessible",
    LOOKS,
    async (desk) => {
        const { clinic } = desk;
        const ann = await clinic.annId();
        desk.watch.expects(422);
        desk.watch.expects(409);
        await clinic.doctor("Dr Anil Shah", { license_number: "MH-12345" });
        const wrong = async (path, fields, button, heading) => {
            await desk.go(path);
            await desk.fill(fields);
            await desk.press(button);
            await desk.sees("Please correct");
            await isGood(desk, heading);
        };
        await wrong("/admin/patients/add", { Phone: "none", Age: "200", Address: LONG }, "Save", "Add a patient");
        await wrong("/admin/doctors/add", { Name: "Dr Bela", Licence: "MH-12345" }, "Save", "Add a doctor");
        await wrong("/admin/users/add", { "User name": "ann", Phone: "none" }, "Save", "Add a user");
        await wrong(`/admin/users/${ann}/edit`, { Phone: "none" }, "Save", "Edit ann");
        await wrong(`/admin/users/${ann}/move`, {}, "Move all", "Move all patients of ann to another owner");
        await wrong("/admin/account/password", {}, "Change", "Change the password");
    },
    { patience: 2 },
);

flow(
    "what others did meanwhile is told on a page that fits and is accessible",
    LOOKS,
    async (desk) => {
        const { clinic } = desk;
        const ann = await clinic.annId();
        desk.watch.expects(412);
        desk.watch.expects(409);
        const patient = await clinic.patient("Asha Rao");
        const doctor = await clinic.doctor("Dr Meera Iyer");
        const mapping = await clinic.assign(patient, doctor, { notes: "Asthma" });
        const assignment = `/admin/mappings/${ann}/${mapping.id}`;
        const stale = async (path, typed, change, heading) => {
            await desk.go(path);
            await desk.fill(typed);
            await change();
            await desk.press("Save");
            await desk.sees("Somebody else has changed this record meanwhile");
            await isGood(desk, heading);
        };
        const patch = (path, body) => () => clinic.rest("PATCH", path, body);
        await stale(
            `${patient.page}/edit`,
            { Address: `${LONG}\n4 Lake Road` },
            patch(`/api/patients/${patient.id}/`, { address: `${LONG}\n3 Lake Road`, blood_group: "O+" }),
            "Edit Asha Rao",
        );
        await stale(
            `${doctor.page}/edit`,
            { Specialization: LONG },
            patch(`/api/doctors/${doctor.id}/`, { specialization: "Surgery", phone: "+91 98765 43210" }),
            "Edit Dr Meera Iyer",
        );
        await stale(
            `${assignment}/edit`,
            { Notes: LONG },
            patch(`/api/mappings/${mapping.id}/`, { notes: "Theirs" }),
            "Edit the notes: Dr Meera Iyer for Asha Rao",
        );
        await stale(
            `/admin/users/${ann}/edit`,
            { Phone: "+91 98765 00000" },
            patch("/api/auth/me/", { phone: "+91 98765 11111", name: "Ann Rao" }),
            "Edit ann",
        );
        const gone = async (path, typed, remove, said, heading) => {
            await desk.go(path);
            await desk.fill(typed);
            await clinic.rest("DELETE", remove);
            await desk.press("Save");
            await desk.sees(said);
            await isGood(desk, heading);
        };
        await gone(
            `${assignment}/edit`,
            { Notes: LONG },
            `/api/patients/${patient.id}/`,
            "The assignment has ended meanwhile.",
            "Edit the notes: Dr Meera Iyer for Asha Rao",
        );
        await gone(
            `${doctor.page}/edit`,
            { Name: "Dr Meera Rao" },
            `/api/doctors/${doctor.id}/`,
            "The doctor has retired meanwhile.",
            "Edit Dr Meera Rao",
        );
        await desk.go("/admin/users");
        await desk.follow("ann");
        await desk.follow("Edit");
        clinic.server.command("users", "disable", "ann");
        await desk.press("Save");
        await desk.sees("This user may not sign in.");
        await isGood(desk, "Edit ann");
    },
    { patience: 2 },
);

flow(
    "what follows a button fits and is accessible",
    LOOKS,
    async (desk) => {
        const { clinic } = desk;
        desk.watch.expects(403);
        desk.watch.expects(409);
        desk.watch.expects(422);
        const patient = await clinic.patient("Asha Rao");
        const gone = await clinic.patient(LONG);
        await clinic.rest("DELETE", `/api/patients/${gone.id}/`);
        const doctor = await clinic.doctor("Dr Meera Iyer");
        await desk.go("/admin/patients?done=deleted");
        await isGood(desk, "Patients");
        await desk.press("Delete selected");
        await desk.says("Nothing was selected.");
        await isGood(desk, "Patients");
        await desk.go("/admin/patients?state=deleted");
        await desk.press("Restore selected");
        await isGood(desk, "Not understood");
        await select(desk, "/admin/patients", "Asha Rao", "Delete selected");
        await isGood(desk, "Delete 1 patient?");
        await select(desk, "/admin/patients", "Asha Rao", "Move selected to another owner");
        await isGood(desk, "Move 1 patient to another owner");
        await select(desk, "/admin/doctors", "Dr Meera Iyer", "Retire selected");
        await isGood(desk, "Retire 1 doctor?");
        await desk.go(`${patient.page}?doctor=meera`);
        await clinic.assign(patient, doctor);
        await desk.press("Assign: Dr Meera Iyer");
        await isGood(desk, "Not possible");
        await select(desk, "/admin/mappings", "Asha Rao", "End selected");
        await isGood(desk, "End 1 assignment?");
        await select(desk, "/admin/users", "sam", "Deactivate selected");
        await isGood(desk, "Deactivate 1 user?");
        await select(desk, "/admin/users", "root", "Deactivate selected");
        await desk.press("Deactivate");
        await desk.sees("This is the last active administrator.");
        await isGood(desk, "Not understood");
        await desk.go("/admin/audit");
        await desk.press("Check now");
        await desk.says("The trail was checked.");
        await isGood(desk, "Audit");
        await desk.go(`${patient.page}/delete`);
        await desk.page.locator('main input[name="token"]').evaluate((input) => input.remove());
        await desk.press("Delete");
        await isGood(desk, "Not allowed");
    },
    { patience: 2 },
);

flow("who follows a link for a new password finds pages that fit and are accessible", LOOKS, async (desk) => {
    desk.watch.expects(422);
    desk.watch.expects(404);
    await desk.go(`/admin/users/${await desk.clinic.annId()}`);
    await desk.press("Make a link for a new password");
    await isGood(desk, "Link for a new password");
    const link = await desk.field("Link").inputValue();
    await desk.press("Sign out");
    await desk.says("You have signed out.");
    await isGood(desk, "Sign in");
    await desk.go(link);
    await isGood(desk, "Set a new password");
    await desk.fill({ "New password": "password1", "The same once more": "password2" });
    await desk.press("Set the password");
    await desk.sees("Please correct");
    await isGood(desk, "Set a new password");
    await desk.fill({ "New password": "staple battery horse", "The same once more": "staple battery horse" });
    await desk.press("Set the password");
    await desk.says("The password was changed. Sign in with the new one.");
    await isGood(desk, "Sign in");
    await desk.go(link);
    await isGood(desk, "Not found");
});

flow(
    "who guesses passwords waits on a page that fits and is accessible",
    LOOKS,
    async (desk) => {
        desk.watch.expects(401);
        desk.watch.expects(429);
        const guess = () =>
            fetch(`${desk.clinic.base}/admin/sign-in`, {
                method: "POST",
                headers: { origin: desk.clinic.base },
                body: new URLSearchParams({ username: "root", password: "wrong" }),
            });
        for (let guesses = 0; guesses < 12 && (await guess()).status !== 429; guesses += 1);
        await desk.go("/admin");
        await desk.fill({ "User name or e-mail address": "root", Password: PASSWORD });
        await desk.press("Sign in");
        await desk.sees("Too many attempts.");
        await desk.fits();
        if (desk.look.script) {
            await desk.isAccessible();
        }
    },
    { user: null, settings: { HEALTHCORE__LIMITS__ENABLED: "true" } },
);

for (const look of LOOKS) {
    test(`the set-up fits and is accessible (${look.name})`, async () => {
        const clinic = await Clinic.empty();
        const set_up = async (desk) => {
            desk.watch.expects(422);
            await desk.go(/^\s+(http\S+\/admin\/set-up\S+)$/m.exec(clinic.server.log())[1]);
            await isGood(desk, "Set up the first administrator");
            await desk.press("Make the account");
            await desk.sees("Please correct");
            assert.deepEqual(desk.watch.refusals, [422]);
            await isGood(desk, "Set up the first administrator");
        };
        try {
            await at(clinic, look, set_up, `set-up ${look.name}`, null);
        } finally {
            await clinic.close();
        }
    });
}
