-- Finishing touches on REST responses: revalidation by ETag, and no leftovers of gRPC.
-- gRPC-Web has become gRPC where this runs, and a transcoded response has become JSON again.

local NAMESPACE = "shopmesh.edge"

function envoy_on_request(handle)
  local headers = handle:headers()
  local known = headers:get("if-none-match")
  if known and headers:get(":method") == "GET" then
    handle:streamInfo():dynamicMetadata():set(NAMESPACE, "if_none_match", known)
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

local function is_grpc(headers)
  return (headers:get("content-type") or ""):sub(1, 16) == "application/grpc"
end

local function answer_not_modified(handle, headers)
  headers:replace(":status", "304")
  headers:remove("content-type")
  headers:remove("content-length")
  local body = handle:body()
  if body then
    body:setBytes("")
  end
  headers:remove("content-length")
end

function envoy_on_response(handle)
  local headers = handle:headers()
  if is_grpc(headers) then
    return
  end
  headers:remove("grpc-status")
  headers:remove("grpc-message")
  headers:remove("grpc-status-details-bin")
  headers:remove("grpc-encoding")
  headers:remove("grpc-accept-encoding")
  local metadata = handle:streamInfo():dynamicMetadata():get(NAMESPACE)
  local etag = headers:get("etag")
  if metadata and etag and headers:get(":status") == "200" and knows(metadata["if_none_match"], etag) then
    answer_not_modified(handle, headers)
  end
end
