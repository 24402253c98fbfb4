insert into erasures (receipt_hash, counts, told, erased_at) values ('\x05', '{"emails": 12}', '{"google": true}', now());
