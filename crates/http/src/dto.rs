//! The JSON of requests and answers, and its translation to and from the domain.

mod account;
pub(crate) mod audit;
mod doctor;
pub(crate) mod history;
mod mapping;
mod name;
mod patient;
pub(crate) mod query;
mod sheet;

pub(crate) use account::{
    LoginRequest, PasswordRequest, RefreshRequest, RegisterRequest, RegisteredResponse, SessionResponse,
    SignedInResponse, TokensResponse, UpdateMeRequest, UserResponse,
};
pub(crate) use audit::AuditEventResponse;
pub(crate) use doctor::{DoctorRequest, DoctorResponse};
pub(crate) use history::{
    DoctorVersionResponse, MappingVersionResponse, PatientVersionResponse, VersionResponse,
};
pub(crate) use mapping::{AssignedDoctorResponse, MappingRequest, MappingResponse, NotesRequest};
pub(crate) use patient::{PatientRequest, PatientResponse};
pub(crate) use sheet::{SheetReportResponse, SheetText};
