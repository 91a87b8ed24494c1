using Stint.Server.Engine;

namespace Stint.Server.Features;

/// <summary>The last resort: an exception becomes a log entry and a sentence, never a stack trace for the caller.</summary>
internal sealed partial class Unexpected(ILogger<Unexpected> log)
{
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
        }
        catch (BadHttpRequestException e)
        {
            if (!context.Response.HasStarted)
                await Reply.RefuseAsync(context, e.StatusCode, e.StatusCode == 413 ? "too_large" : "invalid_request", e.StatusCode == 413 ? "the request is too large" : "the request is malformed");
        }
        catch (Exception e) when (e is EngineStoppedException or EngineBusyException && !context.Response.HasStarted)
        {
            await Reply.RefuseAsync(context, 503, "busy", e.Message, "Try again in a moment");
        }
        catch (Exception e) when (e is not IOException)
        {
            Log.Failed(log, context.Request.Method, context.GetEndpoint()?.DisplayName ?? "", e);
            if (!context.Response.HasStarted) await Reply.RefuseAsync(context, 500, "internal", "the server could not handle this; its log says why");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1201, LogLevel.Error, "{Method} {Endpoint} failed")]
        public static partial void Failed(ILogger logger, string method, string endpoint, Exception exception);
    }
}
