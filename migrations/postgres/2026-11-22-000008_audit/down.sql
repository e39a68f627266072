DROP TABLE audit_prunings;
DROP TABLE audit_leaves;
DROP TABLE audit_seals;
DROP TABLE audit_events;
DROP FUNCTION audit_refuse_unless_pruned();
DROP FUNCTION audit_refuse();
