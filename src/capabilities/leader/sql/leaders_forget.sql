hpr_lookup = null, body = (body::jsonb || '{"sealed": ""}')::json
