DROP TABLE audit_prunings;
DROP TABLE audit_leaves;
DROP TABLE audit_seals;
DROP TABLE audit_events;
