namespace ExplainService;

/// <summary>The page: three files out of the assembly, which ask nobody but this server.</summary>
internal static class Page
{
    private static readonly (string Route, string File, string Type)[] Files =
        [("/", "index.html", "text/html; charset=utf-8"), ("/page.js", "page.js", "text/javascript; charset=utf-8"), ("/page.css", "page.css", "text/css; charset=utf-8")];

    /// <summary>Adds the page.</summary>
    public static void MapPage(this IEndpointRouteBuilder routes)
    {
        foreach (var (route, file, type) in Files) routes.MapGet(route, () => Results.Stream(typeof(Page).Assembly.GetManifestResourceStream(file)!, type));
    }

    /// <summary>The page runs its own script alone, and is shown in no other page.</summary>
    public static Task Guard(HttpContext context, RequestDelegate next)
    {
        context.Response.Headers.ContentSecurityPolicy = "default-src 'self'; img-src 'self' data: blob:; frame-ancestors 'none'";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return next(context);
    }
}
