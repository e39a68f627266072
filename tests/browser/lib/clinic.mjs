// A clinic with people in it: everything is made by the program's commands and its REST interface.

import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { RESULTS } from "./packages.mjs";
import { PASSWORD, Server } from "./server.mjs";

export { PASSWORD };

/** The name of the cookie without TLS. */
const COOKIE = "healthcore-admin";

export class Clinic {
    /** The people that every clinic has; made once, then copied. */
    static #people;

    /**
     * A running server with the administrator `root`, `sam` of the staff, and `ann`, who owns the patients
     * that `patient` makes. `settings` are variables of the environment, `seed` arguments of `healthcore seed`.
     */
    static async open({ settings, seed } = {}) {
        Clinic.#people ??= await Clinic.#meet();
        const clinic = new Clinic();
        clinic.server = await Server.prepare({ settings, like: Clinic.#people });
        try {
            if (seed) {
                clinic.server.command("seed", ...seed);
            }
            await clinic.#serve();
            clinic.annToken = (
                await clinic.post("/api/auth/login/", { username: "ann", password: PASSWORD })
            ).access;
        } catch (error) {
            await clinic.server.stop();
            throw error;
        }
        return clinic;
    }

    /** A running server without anybody. */
    static async empty() {
        const clinic = new Clinic();
        clinic.server = await Server.prepare({ admin: false });
        try {
            await clinic.#serve();
        } catch (error) {
            await clinic.server.stop();
            throw error;
        }
        return clinic;
    }

    static async #meet() {
        const clinic = new Clinic();
        clinic.server = await Server.prepare();
        try {
            await clinic.#serve();
            await clinic.register("ann");
            await clinic.register("sam");
            clinic.server.command("users", "set-role", "sam", "staff");
            await clinic.server.end();
        } catch (error) {
            await clinic.server.stop();
            throw error;
        }
        return clinic.server;
    }

    /** Takes away what was made for all clinics of this program. */
    static async leave() {
        await Clinic.#people?.stop();
    }

    async #serve() {
        await this.server.run();
        this.base = this.server.base;
    }

    async close() {
        await this.server.end();
        try {
            this.#tellCalled();
        } finally {
            await this.server.stop();
        }
    }

    /** Adds what the trail says has been done in a browser to the list that coverage.mjs reads. */
    #tellCalled() {
        if (!this.look) {
            return;
        }
        const done = this.server
            .command("audit", "export")
            .split("\n")
            .filter((line) => line.includes('"admin_'));
        const names = done.map((line) => JSON.parse(line)).filter(({ outcome }) => outcome === "done");
        const { width, script } = this.look;
        const how = `${width} px, JavaScript ${script ? "on" : "off"}`;
        const lines = new Set(names.map(({ operation }) => `${operation} at ${how}\n`));
        mkdirSync(RESULTS, { recursive: true });
        appendFileSync(join(RESULTS, `called-${process.pid}.txt`), [...lines].join(""));
    }

    async register(username, more = {}) {
        const body = { username, password: PASSWORD, ...more };
        return (await this.post("/api/auth/register/", body)).tokens.access;
    }

    /** Sends JSON as Ann, and gives what was made. */
    async post(path, body) {
        return this.rest("POST", path, body);
    }

    async rest(method, path, body, headers = {}) {
        const answer = await fetch(this.base + path, {
            method,
            headers: {
                "content-type": "application/json",
                ...(this.annToken ? { authorization: `Bearer ${this.annToken}` } : {}),
                ...headers,
            },
            body: body === undefined ? undefined : JSON.stringify(body),
        });
        const text = await answer.text();
        if (!answer.ok) {
            throw new Error(`${method} ${path}: ${answer.status} ${text}`);
        }
        return text === "" ? undefined : JSON.parse(text);
    }

    /** A patient of Ann's, with the address of the page. */
    async patient(name, more = {}) {
        const patient = await this.post("/api/patients/", { name, ...more });
        return { ...patient, page: `/admin/patients/${await this.annId()}/${patient.id}` };
    }

    /** A doctor, with the address of the page. */
    async doctor(name, more = {}) {
        const doctor = await this.post("/api/doctors/", { name, ...more });
        return { ...doctor, page: `/admin/doctors/${doctor.id}` };
    }

    async assign(patient, doctor, more = {}) {
        return this.post("/api/mappings/", { patient: patient.id, doctor: doctor.id, ...more });
    }

    async annId() {
        this.annNumber ??= (await this.rest("GET", "/api/auth/me/")).id;
        return this.annNumber;
    }

    /** Signs in as a browser does; gives the cookie for a browser. */
    async cookie(username, password = PASSWORD) {
        const answer = await fetch(`${this.base}/admin/sign-in`, {
            method: "POST",
            redirect: "manual",
            headers: { origin: this.base },
            body: new URLSearchParams({ username, password }),
        });
        const value = /^healthcore-admin=([^;]+)/.exec(answer.headers.get("set-cookie") ?? "")?.[1];
        if (!value) {
            throw new Error(`${username} cannot sign in: ${answer.status}`);
        }
        return { name: COOKIE, value, url: this.base, httpOnly: true, sameSite: "Strict" };
    }

    /** The same request of a page without a browser, for what a browser would never send. */
    async ask(cookie, path, options = {}) {
        const headers = { cookie: `${cookie.name}=${cookie.value}`, ...options.headers };
        return fetch(this.base + path, { redirect: "manual", ...options, headers });
    }

    /** Ends every session of somebody, as the command line does it. */
    endSessions(username) {
        this.server.command("users", "disable", username);
        this.server.command("users", "enable", username);
    }

    /** The names of Ann's patients, as the interface tells them, newest first. */
    async patientNames() {
        return (await this.rest("GET", "/api/patients/")).map((patient) => patient.name);
    }
}
