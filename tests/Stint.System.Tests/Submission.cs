using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Stint.Protocol.Api;

namespace Stint.SystemTests;

/// <summary>Submissions straight to the API: what a thousand sbatch do, without a thousand start-ups. As root; identity is the kernel's.</summary>
public sealed class Submission(TestCluster cluster) : IDisposable
{
    private readonly HttpClient _http = cluster.Http();

    /// <summary>The job's id if the submission was acknowledged; null when the server went away. Tries once, without a retry.</summary>
    public async Task<uint?> TryAsync(string script, bool requeue = false, string? array = null, long limitMs = 600_000)
    {
        var request = new SubmitRequest
        {
            Name = "kill", Script = Encoding.UTF8.GetBytes("#!/bin/bash\n" + script), MemoryPerNodeBytes = 16 << 20, WorkDir = cluster.Work, StdOut = "/dev/null",
            Requeue = requeue, Array = array, Environment = Encoding.UTF8.GetBytes("PATH=/usr/bin:/bin\0"), TimeLimitMs = limitMs,
        };
        try
        {
            using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request, ApiJson.Default.SubmitRequest));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await _http.PostAsync("http://stint/api/v1/jobs", content);
            var body = await response.Content.ReadAsByteArrayAsync();
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable) return null;
            Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}: {Encoding.UTF8.GetString(body)}");
            return JsonSerializer.Deserialize(body, ApiJson.Default.SubmitResponse)!.JobId;
        }
        catch (HttpRequestException) { return null; }
        catch (IOException) { return null; }
    }

    public void Dispose() => _http.Dispose();
}
