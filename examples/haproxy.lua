-- Verifies each request with tokensd. Use it as `http-request lua.tokensd URL`, with the address of the route forward-auth.
--
-- An active token sets txn.tokens_verified and replaces the identity headers. Any other request is answered here, as tokensd
-- answered it. If this script fails, the variable stays unset, so the configuration must deny requests without it.

-- tokensd responds within two seconds. HAProxy itself repeats a request that takes longer, three times.
local timeout_ms = 2500

local identity = {
  "X-Auth-User", "X-Auth-User-Id", "X-Auth-User-Name", "X-Auth-User-Kind",
  "X-Auth-Token-Id", "X-Auth-Token-Name", "X-Auth-Token-Prefix", "X-Auth-Token-Expires",
  "X-Auth-Superuser", "X-Auth-Groups", "X-Auth-App",
}

-- Returns all values of a header. A duplicate must reach tokensd as a duplicate, so that it cannot choose one that this script
-- does not remove.
local function values(headers, name)
  local found = {}
  if headers[name] then
    for i = 0, #headers[name] do found[#found + 1] = headers[name][i] end
  end
  return found
end

local function ask(txn, url, headers)
  local forwarded = {
    ["x-forwarded-method"] = { txn.f:method() },
    ["x-forwarded-uri"] = { txn.f:pathq() },
    ["x-forwarded-for"] = { txn.f:src() },
    ["x-forwarded-host"] = values(headers, "host"),
  }
  local told = {
    "authorization", "x-api-key", "x-tokens-authorization", "user-agent", "origin", "access-control-request-method",
  }
  for _, name in ipairs(told) do
    local sent = values(headers, name)
    if #sent > 0 then forwarded[name] = sent end
  end
  return core.httpclient():get({ url = url, headers = forwarded, timeout = timeout_ms })
end

-- Removes everything that the API could take for an identity (X_Auth_User and X.Auth.User are one to some servers), and the token. `used` is
-- the field that carried the token. The other may hold a credential of the API, which receives it unchanged.
local function strip(txn, headers, used)
  for name in pairs(headers) do
    local plain = name:gsub("[^%w]", "-")
    if plain:find("^x%-auth") or plain == "x-tokens-authorization" then txn.http:req_del_header(name) end
  end
  local own = used == "x-tokens-authorization"
  if not own and used ~= "x-api-key" then txn.http:req_del_header("authorization") end
  if not own and used ~= "authorization" then txn.http:req_del_header("x-api-key") end
end

-- Passes on an upgrade to WebSocket and no other. After an upgrade to h2c, HAProxy would not see further requests. A header
-- that the client names in Connection could be removed on the way to the API.
local function restrict_connection(txn, headers)
  local is_websocket = headers["upgrade"] ~= nil and headers["upgrade"][0]:lower() == "websocket"
  txn.http:req_del_header("upgrade")
  txn.http:req_del_header("connection")
  if is_websocket then
    txn.http:req_set_header("Upgrade", "websocket")
    txn.http:req_set_header("Connection", "upgrade")
  end
end

-- Answers the request itself, so that it does not reach the API.
local function answer(txn, status, fields, body)
  local reply = txn:reply({ status = status, body = body })
  reply:add_header("cache-control", "no-store")
  for name, list in pairs(fields) do
    for _, value in ipairs(list) do reply:add_header(name, value) end
  end
  txn:done(reply)
end

core.register_action("tokensd", { "http-req" }, function(txn, url)
  local headers = txn.http:req_get_headers()
  local response = ask(txn, url, headers)
  strip(txn, headers, values(response.headers or {}, "x-tokens-credential")[1])
  restrict_connection(txn, headers)
  if response.status == 401 or response.status == 403 then
    local fields = {}
    for _, name in ipairs({ "www-authenticate", "x-tokens-reason", "content-type" }) do
      fields[name] = values(response.headers, name)
    end
    return answer(txn, response.status, fields, response.body)
  end
  -- Another route of tokensd would respond 200 without an identity.
  if response.status ~= 200 or not response.headers["x-auth-token-id"] then
    return answer(txn, 503, { ["retry-after"] = { "1" } }, "")
  end
  for _, name in ipairs(identity) do
    txn.http:req_set_header(name, values(response.headers, name:lower())[1] or "")
  end
  txn:set_var("txn.tokens_verified", true)
end, 1)
