hpr_lookup = null, external = '{}',
  body = (body::jsonb || '{"sealed": "", "external_ids": []}')::json
