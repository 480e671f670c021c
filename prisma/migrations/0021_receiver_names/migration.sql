-- The path of a webhook often is the secret that lets somebody post: what is shown of it, and kept, is its digest.
CREATE FUNCTION shown_receiver(name text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT regexp_replace(name, '/.*$', '')
         || CASE WHEN name ~ '/.' THEN '#' || left(encode(sha256(convert_to(substring(name FROM '/.*$'), 'UTF8')), 'hex'), 8) ELSE '' END
$$;

UPDATE delivery
   SET receiver = shown_receiver(receiver),
       dedupe_key = left(dedupe_key, length(dedupe_key) - length(receiver)) || shown_receiver(receiver)
 WHERE receiver LIKE 'webhook:%/%';
UPDATE outbox
   SET receiver = shown_receiver(receiver),
       dedupe_key = left(dedupe_key, length(dedupe_key) - length(receiver)) || shown_receiver(receiver)
 WHERE receiver LIKE 'webhook:%/%';

DROP FUNCTION shown_receiver(text);
