hpr_lookup = '', external = '{}',
  body = (body::jsonb || '{"sealed": "", "external_ids": []}')::json
