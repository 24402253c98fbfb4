Redoc.init("/openapi.json", { hideLoading: true, expandResponses: "200,201", pathInMiddlePanel: true }, document.getElementById("redoc"));
