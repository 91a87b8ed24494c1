using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Stint.Protocol.Api;

namespace Stint.Agent.Session;

/// <summary>A node becomes part of a cluster: key made here, certificate request, one-time token. The key never leaves the node.</summary>
internal static class Join
{
    private const int AnswerBytesMax = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Stores and returns the node's identity. Throws <see cref="JoinException"/> with what the server answered.</summary>
    /// <param name="patience">For each of the two questions to the server.</param>
    public static async Task<NodeIdentity> RunAsync(ServerAddress server, string home, string folder, string node, string token, string fingerprint, CancellationToken cancellation, TimeSpan? patience = null)
    {
        try
        {
            using var authority = await AuthorityDiscovery.FindAsync(server, home, fingerprint, patience ?? Patience, cancellation);
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var answer = await AskAsync(server, authority, new JoinRequest(token, node, Request(node, key)), patience ?? Patience, cancellation);
            using var certificate = X509CertificateLoader.LoadCertificate(answer.Certificate);
            if (!certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo()))
                throw new JoinException($"{server} answered with a certificate for another key");
            return NodeIdentity.Store(folder, node, answer.Cluster, key, certificate, authority);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or CryptographicException or JsonException or UnauthorizedAccessException
            || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new JoinException($"node {node} could not join at {server}: {Innermost(e).Message}", e);
        }
    }

    private static byte[] Request(string node, ECDsa key)
    {
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName(node);
        return new CertificateRequest(name.Build(), key, HashAlgorithmName.SHA256).CreateSigningRequest();
    }

    private static async Task<JoinResponse> AskAsync(ServerAddress server, X509Certificate2 authority, JoinRequest request, TimeSpan patience, CancellationToken cancellation)
    {
        using var handler = ServerTrust.Handler(authority, own: null, c => server.DialAsync(0, c));
        handler.ConnectTimeout = patience;
        using var client = new HttpClient(handler) { Timeout = patience, MaxResponseContentBufferSize = AnswerBytesMax };
        using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(request, ApiJson.Default.JoinRequest));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await client.PostAsync(new Uri($"https://{ServerAddress.CertificateName}/api/v1/join"), content, cancellation);
        var body = await response.Content.ReadAsByteArrayAsync(cancellation);
        if (response.IsSuccessStatusCode && JsonSerializer.Deserialize(body, ApiJson.Default.JoinResponse) is { } answer) return answer;
        throw new JoinException($"{server} refused node {request.Node}: {Refusal(body) ?? $"HTTP {(int)response.StatusCode}"}");
    }

    private static string? Refusal(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, ApiJson.Default.RefusalView) is { Sentence.Length: > 0 } view ? $"{view.Sentence}. {view.Remedy}".TrimEnd(' ') : null;
        }
        catch (JsonException) { return null; }
    }

    private static Exception Innermost(Exception e)
    {
        while (e.InnerException is { } inner) e = inner;
        return e;
    }
}
