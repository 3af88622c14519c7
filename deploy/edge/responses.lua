-- Finishing touches on responses: revalidation by ETag, no leftovers of gRPC in REST, and a gRPC status for gRPC-Web.
-- And what logs and spans may tell of a request's path.
-- gRPC-Web has become gRPC where this runs, and a transcoded response has become JSON again.

local NAMESPACE = "shopmesh.edge"

-- As Envoy itself tells native gRPC; it forgets gRPC-Web.
local GRPC_STATUS = {
  ["400"] = "13", ["401"] = "16", ["403"] = "7", ["404"] = "12", ["413"] = "8", ["429"] = "8",
  ["502"] = "14", ["503"] = "14", ["504"] = "4",
}
local UNKNOWN = "2"

local function is_grpc(headers)
  return (headers:get("content-type") or ""):sub(1, 16) == "application/grpc"
end

-- A guest's cart is opened by its id, so that id is a key.
local function without_secrets(path)
  return (path:gsub("%?.*$", ""):gsub("/carts/[^/]+", "/carts/*"))
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local metadata = handle:streamInfo():dynamicMetadata()
  metadata:set(NAMESPACE, "path", without_secrets(headers:get(":path") or ""))
  if is_grpc(headers) then
    metadata:set(NAMESPACE, "grpc", true)
    return
  end
  local known = headers:get("if-none-match")
  if known and headers:get(":method") == "GET" then
    metadata:set(NAMESPACE, "if_none_match", known)
  end
end

-- Weak comparison, as RFC 9110 section 13.1.2 asks for: a compressed copy carries the tag weakened.
local function knows(list, etag)
  if list == "*" then
    return true
  end
  local wanted = etag:gsub("^W/", "")
  for tag in list:gmatch('"[^"]*"') do
    if tag == wanted then
      return true
    end
  end
  return false
end

local function answer_not_modified(handle, headers)
  headers:replace(":status", "304")
  headers:remove("content-type")
  local body = handle:body()
  if body then
    body:setBytes("")
  end
  headers:remove("content-length")
end

local function finish_grpc(headers)
  local status = headers:get(":status")
  if status ~= "200" and not headers:get("grpc-status") then
    headers:replace("grpc-status", GRPC_STATUS[status] or UNKNOWN)
    headers:replace("content-type", "application/grpc")
    headers:replace(":status", "200")
  end
end

local function finish_rest(handle, headers, metadata)
  headers:remove("grpc-status")
  headers:remove("grpc-message")
  headers:remove("grpc-status-details-bin")
  headers:remove("grpc-encoding")
  headers:remove("grpc-accept-encoding")
  local known = metadata and metadata["if_none_match"]
  local etag = headers:get("etag")
  if known and etag and headers:get(":status") == "200" and knows(known, etag) then
    answer_not_modified(handle, headers)
  end
end

function envoy_on_response(handle)
  local headers = handle:headers()
  local metadata = handle:streamInfo():dynamicMetadata():get(NAMESPACE)
  if is_grpc(headers) or (metadata and metadata["grpc"]) then
    finish_grpc(headers)
  else
    finish_rest(handle, headers, metadata)
  end
end
