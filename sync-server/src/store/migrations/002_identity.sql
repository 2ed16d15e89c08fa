-- When the server stored each entry of a membership log, in milliseconds since 1970 by its own clock: what the time for
-- objections to a motion is counted from. Entries from before this column have no motion among them.
ALTER TABLE log_entry ADD COLUMN stored_at INTEGER NOT NULL DEFAULT 0;
