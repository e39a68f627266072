//! The JSON of requests and answers, and its translation to and from the domain.

mod account;
mod doctor;
mod mapping;
mod name;
mod patient;
pub(crate) mod query;

pub(crate) use account::{
    LoginRequest, PasswordRequest, RefreshRequest, RegisterRequest, RegisteredResponse, SessionResponse,
    SignedInResponse, TokensResponse, UpdateMeRequest, UserResponse,
};
pub(crate) use doctor::{DoctorRequest, DoctorResponse};
pub(crate) use mapping::{AssignedDoctorResponse, MappingRequest, MappingResponse, NotesRequest};
pub(crate) use patient::{PatientRequest, PatientResponse};
