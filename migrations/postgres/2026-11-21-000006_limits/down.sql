DROP TABLE rate_limits;
DROP TABLE sign_in_attempts;
