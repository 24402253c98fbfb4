update tasks set correlation_id = 'c0ffee00-0000-4000-8000-000000000022';
