//! Value types: each holds its rule, and `parse` is the only way in.

mod birth_date;
mod blood_group;
mod email;
mod experience;
mod gender;
mod money;
mod name;
mod password;
mod phone;
mod text;
mod user_name;

pub use birth_date::{Age, AgeError, BirthDate, BirthDateError};
pub use blood_group::{BloodGroup, UnknownBloodGroup};
pub use email::{EmailAddress, EmailError};
pub use experience::{ExperienceYears, ExperienceYearsError};
pub use gender::{Gender, UnknownGender};
pub use money::{Money, MoneyError};
pub use name::{HumanName, NameChange};
pub use password::{NewPassword, NewPasswordError, Password, PasswordHash};
pub use phone::{Phone, PhoneError};
pub use text::{
    Address, Availability, LicenseNumber, MedicalHistory, Notes, PersonName, Reason, Specialization,
    TextError,
};
pub use user_name::{UserName, UserNameError};
