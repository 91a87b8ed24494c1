using System.Net;
using System.Text;
using System.Text.Json;
using Stint.Protocol.Api;
using Stint.Server.Tests.Harness;

namespace Stint.Server.Tests;

/// <summary>Whatever is sent: a refusal with a code and a sentence, a server that lives, a state that did not change.</summary>
public sealed class BadInputTests
{
    private static string Job(string what)
    {
        foreach (var rest in new[] { "\"script\":\"IyEvYmluL3NoCg==\"", "\"workDir\":\"/tmp\"" })
            if (!what.Contains(rest[..rest.IndexOf(':', StringComparison.Ordinal)], StringComparison.Ordinal)) what += (what.Length > 0 ? "," : "") + rest;
        return $"{{{what}}}";
    }

    public static TheoryData<string, string, string, int> Bodies()
    {
        var data = new TheoryData<string, string, string, int>();
        string[] posts = ["jobs", "jobs/cancel", "jobs/hold", "jobs/release", "jobs/requeue", "tokens", "nodes/n1/state"];
        foreach (var path in posts)
        {
            data.Add(path, "empty", "", 400);
            data.Add(path, "no JSON", "hello", 400);
            data.Add(path, "cut off", "{\"name\":", 400);
            data.Add(path, "null", "null", 400);
            data.Add(path, "a list", "[]", 400);
            data.Add(path, "a number", "12", 400);
            data.Add(path, "unknown property", "{\"uid\":0}", 400);
            data.Add(path, "deep", string.Concat(Enumerable.Repeat("{\"a\":", 5_000)), 400);
            data.Add(path, "deep list", "{\"jobs\":" + new string('[', 100_000), 400);
            data.Add(path, "two values", "{}{}", 400);
        }
        foreach (var (what, json) in new[]
        {
            ("negative", "\"cpusPerTask\":-1"), ("huge", "\"cpusPerTask\":99999999999999999999"), ("fraction", "\"tasks\":1.5"), ("text for number", "\"tasks\":\"4\""),
            ("zero tasks", "\"tasks\":0"), ("zero cpus", "\"cpusPerTask\":0"), ("too many nodes", "\"nodesMin\":4294967295"), ("memory", "\"memoryPerNodeBytes\":18446744073709551615"),
            ("both memories", "\"memoryPerNodeBytes\":1,\"memoryPerCpuBytes\":1"), ("time", "\"timeLimitMs\":9223372036854775807"), ("negative time", "\"timeLimitMs\":-5"),
            ("name with newline", "\"name\":\"a\\nb\""), ("name with NUL", "\"name\":\"a\\u0000b\""), ("long name", $"\"name\":\"{new string('x', 5_000)}\""),
            ("null name", "\"name\":null"), ("relative dir", "\"workDir\":\"tmp\""), ("dir with newline", "\"workDir\":\"/tmp\\n\""), ("long dir", $"\"workDir\":\"/{new string('x', 5_000)}\""),
            ("lone surrogate", "\"name\":\"\\ud800\""), ("base64", "\"script\":\"***\""), ("array", "\"array\":\"5-1\""), ("huge array", "\"array\":\"0-4000000000\""), ("dependency", "\"dependency\":\"afterok:x\""),
            ("signal", "\"signal\":\"SIGNOTHING@x\""), ("partition", "\"partition\":\"../../etc/passwd\""), ("node list", "\"nodeList\":\"n[1-99999999999]\""), ("umask", "\"umask\":99999"),
            ("null argument", "\"arguments\":[null]"), ("NUL in argument", "\"arguments\":[\"AAA=\"]"), ("rlimits", "\"rlimits\":{\"a\\n\":1}"), ("identity", "\"user\":\"root\""), ("twice", "\"tasks\":1,\"tasks\":2"),
            ("begin", "\"beginMs\":-1"), ("nice", "\"nice\":2147483647"), ("comment", $"\"comment\":\"{new string('c', 2_000)}\""),
        })
            data.Add("jobs", what, Job(json), 400);
        data.Add("jobs", "no script", "{\"workDir\":\"/tmp\"}", 400);
        data.Add("jobs/cancel", "nothing named", "{}", 400);
        data.Add("jobs/cancel", "null job", "{\"jobs\":[null]}", 400);
        data.Add("jobs/cancel", "bad job", "{\"jobs\":[\"12;rm -rf /\"]}", 400);
        data.Add("jobs/cancel", "bad signal", "{\"jobs\":[\"1\"],\"signal\":999}", 400);
        data.Add("jobs/cancel", "bad hosts", "{\"nodeList\":\"n[\"}", 400);
        data.Add("tokens", "seconds", "{\"validForSeconds\":-1}", 400);
        data.Add("tokens", "name", "{\"node\":\"../n1\"}", 400);
        data.Add("nodes/n1/state", "state", "{\"state\":\"EXPLODE\"}", 400);
        data.Add("nodes/nosuch/state", "node", "{\"state\":\"DRAIN\",\"reason\":\"x\"}", 404);
        return data;
    }

    [Fact]
    public async Task Every_endpoint_refuses_what_it_cannot_take()
    {
        await using var server = await TestServer.InMemoryAsync();
        var hash = await server.StateHashAsync();
        var wrong = new List<string>();
        foreach (var row in Bodies())
        {
            var (path, what, body, expected) = ((string)row[0], (string)row[1], (string)row[2], (int)row[3]);
            var (status, text) = await server.PostAsync($"/api/v1/{path}", body);
            if ((int)status != expected || !IsRefusal(text)) wrong.Add($"{path} {what}: {(int)status} {text[..Math.Min(200, text.Length)]}");
        }
        Assert.Empty(wrong);
        Assert.Equal(hash, await server.StateHashAsync());
        // The rows above are refused for what they say, not for what they leave out.
        Assert.Equal(HttpStatusCode.OK, (await server.PostAsync("/api/v1/jobs", Job(""))).Status);
    }

    [Fact]
    public async Task Every_path_and_parameter_refuses_what_it_cannot_take()
    {
        await using var server = await TestServer.InMemoryAsync();
        using var client = server.Client();
        var wrong = new List<string>();
        foreach (var (path, expected) in new[]
        {
            ("jobs/0", 404), ("jobs/-1", 404), ("jobs/99999999999", 404), ("jobs/abc", 404), ("jobs/1/script", 404), ("jobs/1/explain", 404), ("jobs/..%2f..%2fetc", 404),
            ("jobs?nosuch=1", 400), ("jobs?job=x", 400), ("jobs?job=1%0a", 400), ("history/jobs?limit=-1", 400), ("history/jobs?job=%00", 400), ("history/jobs?nosuch=1", 400),
            ("run", 400), ("agents/link", 403), ("nosuch", 404), ("nodes/%2e%2e%2fn/state", 404), ($"jobs?name={new string('x', 70_000)}", 400),
        })
        {
            using var response = await client.GetAsync($"/api/v1/{path}");
            var text = await response.Content.ReadAsStringAsync();
            if ((int)response.StatusCode != expected || !IsRefusal(text)) wrong.Add($"{path[..Math.Min(60, path.Length)]}: {(int)response.StatusCode} {text[..Math.Min(200, text.Length)]}");
        }
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/events");
        request.Headers.Add("Last-Event-ID", "yesterday");
        if ((int)(await client.SendAsync(request)).StatusCode != 400) wrong.Add("Last-Event-ID");
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task Sizes_have_limits_and_the_refusal_names_them()
    {
        await using var server = await TestServer.InMemoryAsync();
        var hash = await server.StateHashAsync();
        var tenMegabytes = Requests.Batch() with { Script = Filled(10 << 20) };
        await AssertRefused(server, tenMegabytes, HttpStatusCode.RequestEntityTooLarge, "4194304");
        await AssertRefused(server, Requests.Batch() with { Environment = Filled(9 << 20) }, HttpStatusCode.RequestEntityTooLarge, "8388608");
        var (status, text) = await server.PostAsync("/api/v1/jobs", "{\"name\":\"" + new string('x', 17 << 20) + "\"}");
        Assert.True(status == HttpStatusCode.RequestEntityTooLarge && IsRefusal(text), text);
        Assert.Equal(hash, await server.StateHashAsync());
        // A long argument is a user's right; the node's kernel has the last word.
        await server.SubmitAsync(Requests.Batch() with { Arguments = [Filled(1 << 20)] });
    }

    [Fact]
    public async Task Text_that_is_no_utf8_is_refused()
    {
        await using var server = await TestServer.InMemoryAsync();
        using var client = server.Client();
        foreach (var bytes in new byte[][] { [.. "{\"name\":\""u8, 0xC3, 0x28, .. "\"}"u8], [0xFF, 0xFE, 0x00], [.. "{\"na"u8, 0xED, 0xA0, 0x80, .. "me\":1}"u8] })
        {
            using var content = new ByteArrayContent(bytes);
            using var response = await client.PostAsync("/api/v1/jobs", content);
            Assert.Equal(400, (int)response.StatusCode);
            Assert.True(IsRefusal(await response.Content.ReadAsStringAsync()));
        }
    }

    [Fact]
    public async Task Noise_never_kills_the_server()
    {
        await using var server = await TestServer.InMemoryAsync();
        var hash = await server.StateHashAsync();
        var random = new Random(11);
        var valid = JsonSerializer.SerializeToUtf8Bytes(Requests.Batch(), ApiJson.Default.SubmitRequest);
        using var client = server.Client();
        for (var i = 0; i < 200; i++)
        {
            var bytes = valid[..random.Next(1, valid.Length)];
            for (var n = random.Next(0, 8); n > 0; n--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            using var content = new ByteArrayContent(bytes);
            using var response = await client.PostAsync("/api/v1/jobs", content);
            Assert.True((int)response.StatusCode is 400, Encoding.UTF8.GetString(bytes));
        }
        Assert.Equal(hash, await server.StateHashAsync());
    }

    [Fact]
    public async Task The_refusal_names_the_property_and_the_place()
    {
        await using var server = await TestServer.InMemoryAsync();
        Assert.Contains("unknown property 'uid'", (await server.PostAsync("/api/v1/jobs", "{\"uid\":0}")).Text.Replace("\\u0027", "'", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Matches(@"'tasks' has a value of the wrong kind or out of range \(line 1, byte 1\d\)", (await server.PostAsync("/api/v1/jobs", "{\"tasks\":\"four\"}")).Text.Replace("\\u0027", "'", StringComparison.Ordinal));
        Assert.Contains("line 2", (await server.PostAsync("/api/v1/jobs", "{\n\"name\" 1}")).Text, StringComparison.Ordinal);
    }

    private static async Task AssertRefused(TestServer server, SubmitRequest request, HttpStatusCode expected, string limit)
    {
        var (status, text) = await server.PostAsync("/api/v1/jobs", JsonSerializer.Serialize(request, ApiJson.Default.SubmitRequest));
        Assert.Equal(expected, status);
        Assert.Contains(limit, text, StringComparison.Ordinal);
    }

    private static byte[] Filled(int length)
    {
        var bytes = new byte[length];
        Array.Fill(bytes, (byte)'x');
        return bytes;
    }

    private static bool IsRefusal(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, ApiJson.Default.RefusalView) is { Code.Length: > 0, Sentence.Length: > 0 } view
                && !view.Sentence.Contains("   at ", StringComparison.Ordinal) && !view.Sentence.Contains("System.", StringComparison.Ordinal);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
