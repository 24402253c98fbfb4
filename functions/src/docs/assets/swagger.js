// What is tried out here is sent as the frontend sends it: with the session's cookie and the header that no other site can add.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "none",
  filter: true,
  validatorUrl: null,
  withCredentials: true,
  requestInterceptor: (request) => {
    request.headers["X-Requested-With"] = "XMLHttpRequest";
    if (request.method !== "GET" && !request.headers["Content-Type"]) request.headers["Content-Type"] = "application/json";
    return request;
  },
});
