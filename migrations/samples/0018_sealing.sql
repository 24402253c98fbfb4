insert into oauth_states values ('\x03', '\x04', 'google', null, null, null, null, now() + interval '10 minutes');
