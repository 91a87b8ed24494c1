using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Stint.Core;
using Stint.Protocol.Api;

namespace Stint.Server.Features;

/// <summary>Answers. Every "no" is a <see cref="RefusalView"/>.</summary>
internal static class Reply
{
    /// <summary>In one write with its length: what a short answer costs least.</summary>
    public static async Task JsonAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(value, type);
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = json.Length;
        await context.Response.BodyWriter.WriteAsync(json, context.RequestAborted);
    }

    /// <summary>As it is written, for lists of any length.</summary>
    public static async Task JsonStreamAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        await JsonSerializer.SerializeAsync(context.Response.BodyWriter, value, type, context.RequestAborted);
    }

    public static Task RefuseAsync(HttpContext context, int status, string code, string sentence, string remedy = "")
    {
        context.Response.StatusCode = status;
        return JsonAsync(context, new RefusalView(code, sentence, remedy), ApiJson.Default.RefusalView);
    }

    public static Task RefuseAsync(HttpContext context, Refusal refusal)
    {
        context.Response.StatusCode = StatusOf(refusal.Code);
        return JsonAsync(context, new RefusalView(refusal.Code, refusal.Sentence, refusal.Remedy) { Denial = refusal.Denial is { } denial ? Tiers.LimitViews.View(denial) : null }, ApiJson.Default.RefusalView);
    }

    public static int StatusOf(string code) => code switch
    {
        RefusalCodes.InvalidJobId or "not_found" => 404,
        RefusalCodes.AccessDenied or RefusalCodes.ReservationAccess or RefusalCodes.TokenInvalid or RefusalCodes.TokenExpired or RefusalCodes.TokenUsed => 403,
        RefusalCodes.AlreadyDone or RefusalCodes.JobPending or RefusalCodes.JobNotPending or RefusalCodes.JobNotRunning => 409,
        RefusalCodes.StepResourcesBusy or RefusalCodes.NodeNameTaken or RefusalCodes.Disabled => 409,
        RefusalCodes.ReservationNameTaken or RefusalCodes.ReservationOverlap or RefusalCodes.ReservationInUse or RefusalCodes.NodesBusy => 409,
        RefusalCodes.JobSuspended or RefusalCodes.JobNotSuspended => 409,
        RefusalCodes.TooManyJobs or "busy" or "stopping" => 503,
        "too_large" => 413,
        RefusalCodes.NoSpace => 507,
        _ => 400,
    };
}
