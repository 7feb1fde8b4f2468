using Iba.Hosting;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace ExplainService;

/// <summary>Says what went wrong in words (application/problem+json), with the status that fits.</summary>
internal sealed class Problems(IProblemDetailsService service) : IExceptionHandler
{
    private const int ClientClosedRequest = 499;

    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        int status = exception switch
        {
            IbaQueueFullException => StatusCodes.Status429TooManyRequests,
            BadHttpRequestException bad => bad.StatusCode,
            OperationCanceledException => ClientClosedRequest,
            InvalidDataException or ArgumentException or InvalidOperationException => StatusCodes.Status400BadRequest,
            _ => StatusCodes.Status500InternalServerError,
        };
        if (exception is IbaQueueFullException full) context.Response.Headers.RetryAfter = ((int)full.RetryAfter.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
        context.Response.StatusCode = status;
        if (status == ClientClosedRequest) return true;
        // What is not the client's fault is in the log, and no stranger's business.
        string detail = status >= StatusCodes.Status500InternalServerError ? "The server could not answer; its log says why." : exception.Message.Split(" (Parameter", 2)[0];
        return await service.TryWriteAsync(new ProblemDetailsContext { HttpContext = context, ProblemDetails = new ProblemDetails { Status = status, Detail = detail } });
    }
}
