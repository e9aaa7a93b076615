-- Verifies each request with tokensd. Use it as a LuaHookAccessChecker, and set the variable TOKENSD to the address of the
-- route forward-auth. Needs LuaSocket (on Debian: lua-socket).
--
-- An active token replaces the identity headers. Any other request is answered here, as tokensd answered it. If this script
-- fails, Apache responds 500 and forwards nothing.

local socket = require "socket"

local timeout = 5 -- seconds; tokensd responds within two

local identity = {
  "X-Auth-User", "X-Auth-User-Id", "X-Auth-User-Name", "X-Auth-User-Kind",
  "X-Auth-Token-Id", "X-Auth-Token-Name", "X-Auth-Token-Prefix", "X-Auth-Token-Expires",
  "X-Auth-Superuser", "X-Auth-Groups", "X-Auth-App",
}

local function field(name, value)
  return name .. ": " .. value:gsub("[\r\n%z]", "") .. "\r\n"
end

-- Returns status, header fields and body of tokensd's response, or nil if tokensd cannot be reached.
local function ask(r)
  local host, port, route = r.subprocess_env["TOKENSD"]:match("^http://([^/:]+):(%d+)(/.*)$")
  local fields = {
    field("Host", host),
    field("X-Forwarded-Method", r.method),
    field("X-Forwarded-Uri", r.unparsed_uri),
    field("X-Forwarded-For", r.useragent_ip),
    field("X-Forwarded-Host", r.hostname or ""),
  }
  -- Apache joins a duplicate with a comma. tokensd denies a request with such a field if any part of it is a token.
  local told = {
    "Authorization", "X-API-Key", "X-Tokens-Authorization", "User-Agent", "Origin", "Access-Control-Request-Method",
  }
  for _, name in ipairs(told) do
    local sent = r.headers_in[name]
    if sent then fields[#fields + 1] = field(name, sent) end
  end
  local tcp = socket.tcp()
  tcp:settimeout(timeout)
  if not tcp:connect(host, port) then return nil end
  tcp:send("GET " .. route .. " HTTP/1.0\r\n" .. table.concat(fields) .. "\r\n")
  local line = tcp:receive("*l")
  local status = tonumber((line or ""):match("^HTTP/1%.%d (%d%d%d)"))
  local headers, challenges = {}, {}
  while line and line ~= "" do
    local name, value = line:match("^([^:]+):%s*(.-)%s*$")
    if name then
      headers[name:lower()] = value
      if name:lower() == "www-authenticate" then challenges[#challenges + 1] = value end
    end
    line = tcp:receive("*l")
  end
  headers["www-authenticate"] = table.concat(challenges, ", ")
  local length = tonumber(headers["content-length"]) or 0
  local body = length > 0 and tcp:receive(length) or ""
  tcp:close()
  if line and body and #body == length then return status, headers, body end
end

-- Removes everything that the API could take for an identity (X_Auth_User and X.Auth.User are one to some servers), and the token. `used` is
-- the field that carried the token. The other may hold a credential of the API, which receives it unchanged. Apache itself
-- adds the client's address to X-Forwarded-For.
local function strip(r, used)
  for name in pairs(r:headers_in_table()) do
    local plain = name:lower():gsub("[^%w]", "-")
    local is_ours = plain:find("^x%-auth") or plain == "x-tokens-authorization" or plain:find("^x%-forwarded")
    if is_ours then r.headers_in[name] = nil end
  end
  local own = used == "x-tokens-authorization"
  if not own and used ~= "x-api-key" then r.headers_in["Authorization"] = nil end
  if not own and used ~= "authorization" then r.headers_in["X-API-Key"] = nil end
  r.headers_in["X-Forwarded-Proto"] = r.is_https and "https" or "http"
end

-- Passes on an upgrade to WebSocket and no other. After an upgrade to h2c, Apache would not see further requests. A header
-- that the client names in Connection would be removed on the way to the API.
local function restrict_connection(r)
  local connection = (r.headers_in["Connection"] or ""):lower()
  if (r.headers_in["Upgrade"] or ""):lower() == "websocket" then
    r.headers_in["Connection"] = "Upgrade"
  else
    r.headers_in["Upgrade"] = nil
    r.headers_in["Connection"] = connection:find("close", 1, true) and "close" or nil
  end
end

function verify(r)
  local status, headers, body = ask(r)
  strip(r, headers and headers["x-tokens-credential"])
  restrict_connection(r)
  -- Another route of tokensd would respond 200 without an identity.
  if status == 200 and headers["x-auth-token-id"] then
    for _, name in ipairs(identity) do r.headers_in[name] = headers[name:lower()] or "" end
    r.user = headers["x-auth-user"]
    return apache2.OK
  end
  r.err_headers_out["Cache-Control"] = "no-store"
  if status ~= 401 and status ~= 403 then
    r.err_headers_out["Retry-After"] = "1"
    return 503
  end
  r.err_headers_out["WWW-Authenticate"] = headers["www-authenticate"]
  if headers["x-tokens-reason"] then r.err_headers_out["X-Tokens-Reason"] = headers["x-tokens-reason"] end
  r.status = status
  r.content_type = "application/json"
  r:puts(body)
  return apache2.DONE
end
