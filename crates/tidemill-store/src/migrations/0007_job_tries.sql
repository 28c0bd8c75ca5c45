-- What a try holds beyond its server's life, and the tries that its limit does not count.
ALTER TABLE job ADD COLUMN gpus TEXT NOT NULL DEFAULT '[]';
ALTER TABLE job ADD COLUMN free_tries BIGINT NOT NULL DEFAULT 0;
